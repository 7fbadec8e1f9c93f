// Where peers are fetched and built: a folder of the user's own below the system's temporary one. Nothing of theirs is
// ever in the project's tree.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** Milliseconds after which fetching or building something is given up. */
const TIME_LIMIT = 600_000;

/** The folder, made when it is not there. Throws when somebody else could have put something into it. */
export function cacheFolder(...names: readonly string[]): string {
  const owner = process.getuid?.() ?? 0;
  const root = join(tmpdir(), `thimble-peers-${owner}`);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const status = lstatSync(root);
  if (!status.isDirectory() || (process.getuid !== undefined && status.uid !== owner)) {
    throw new Error(`${root} is not a folder of yours; take it away.`);
  }
  const folder = join(root, ...names);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A short name for what all files below these paths, and these words, say. */
export function fingerprint(paths: readonly string[], words: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) {
    const isFolder = statSync(path).isDirectory();
    const files = isFolder ? readdirSync(path, { recursive: true }).map((name) => join(path, `${name}`)) : [path];
    for (const file of files.sort()) if (statSync(file).isFile()) hash.update(file).update(readFileSync(file));
  }
  for (const word of words) hash.update(`\0${word}`);
  return hash.digest("hex").slice(0, 16);
}

/** Where a program is; null when there is none. */
export function findProgram(name: string): string | null {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next folder may have it.
    }
  }
  return null;
}

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/** Runs a program; resolves to what it printed; rejects with the last lines of that when it fails. */
export function runProgram(program: string, args: readonly string[], { cwd, env }: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...process.env, LC_ALL: "C", ...env }, timeout: TIME_LIMIT };
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) resolve(output);
      else reject(new Error(`${program} failed: ${lastLines(output) || `status ${status}`}`));
    });
  });
}

function lastLines(output: string): string {
  return output.trim().split("\n").slice(-3).join(" | ");
}
