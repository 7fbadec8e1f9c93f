// The package as it is published: packed, and unpacked into the node_modules of a program of its own.

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Of package.json, as far as anybody here asks. */
export interface Manifest {
  name: string;
  dependencies: Record<string, string>;
  scripts: Record<string, string>;
  exports: Record<string, unknown>;
}

export class Consumer {
  /** The program's folder. */
  readonly folder = mkdtempSync(join(tmpdir(), "thimble-package-"));
  /** Names of the files in the tarball. */
  readonly files: string[];
  readonly manifest: Manifest;

  /** Packs and installs. No registry is asked: what the package depends on is linked from here. Throws when npm fails. */
  constructor() {
    const target = join(this.folder, "node_modules/thimble-tcpip");
    mkdirSync(target, { recursive: true });
    const packed = npm(["pack", "--json", "--ignore-scripts", "--pack-destination", this.folder]);
    const [{ filename, files }] = listOf(JSON.parse(packed.stdout));
    this.files = files.map(({ path }) => path);
    must("tar", spawnSync("tar", ["-xzf", filename, "-C", target, "--strip-components=1"], { cwd: this.folder }));
    this.manifest = JSON.parse(readFileSync(join(target, "package.json"), "utf8")) as Manifest;
    for (const name of Object.keys(this.manifest.dependencies)) this.link(name);
    this.write("package.json", JSON.stringify({ type: "module" }));
  }

  /** A package of ours that the program has, too. */
  link(name: string): void {
    const place = join(this.folder, "node_modules", name);
    if (existsSync(place)) return;
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), place);
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Runs a script of the program's to its end and returns what it printed. Throws with what it said when it fails. */
  node(script: string, ...options: string[]): string {
    const env = { ...process.env, NODE_OPTIONS: "" };
    const outcome = spawnSync(process.execPath, [...options, script], { cwd: this.folder, encoding: "utf8", env });
    must(script, outcome);
    return outcome.stdout;
  }

  /** What the compiler of TypeScript says of the program; nothing when all is well. */
  typeErrors(options: readonly string[], file: string): string {
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    return spawnSync(process.execPath, [tsc, ...options, file], { cwd: this.folder, encoding: "utf8" }).stdout;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Packed {
  filename: string;
  files: { path: string }[];
}

// Old npms print a list, new ones an object by name.
function listOf(printed: Packed[] | Record<string, Packed>): Packed[] {
  return Array.isArray(printed) ? printed : Object.values(printed);
}

/** The npm that runs this, where one does; `npm run` puts another one's place first in PATH. */
function npm(args: string[]): SpawnSyncReturns<string> {
  const running = process.env.npm_execpath ?? "";
  const [command, first] = running.endsWith(".js") ? [process.execPath, [running]] : ["npm", []];
  return must("npm", spawnSync(command, [...first, ...args], { cwd: ROOT, encoding: "utf8" }));
}

function must<T extends SpawnSyncReturns<string> | SpawnSyncReturns<Buffer>>(what: string, outcome: T): T {
  if (outcome.status === 0) return outcome;
  throw new Error(`${what} failed: ${outcome.error?.message ?? ""}\n${outcome.stdout}${outcome.stderr}`);
}
