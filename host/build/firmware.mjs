// Compiles the core for a profile: one wasm file each, whose bytes depend on the sources and the profile only.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const DIST = join(ROOT, "dist");

/**
 * The transform that refuses a core with a heap; asc resolves relative paths as packages, so this is absolute. Named from the
 * root, since a bundle of this file lies elsewhere.
 */
export const NO_HEAP = join(ROOT, "host/build/no-heap.mjs");
/** The one that makes long functions of short ones, for profiles that are compiled for speed. */
const INLINE = join(ROOT, "host/build/inline.mjs");

const PAGE = 65536;
const ASC = join(dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")), "bin/asc.js");

/** Names of the profiles that `npm run build` builds: the folders of boards/ with a profile.ts and no board.mjs. */
export function profileNames() {
  return foldersWith("profile.ts").filter((name) => !boardNames().includes(name));
}

/** Names of the boards, whose profiles are built when they are asked for: the folders of boards/ with a board.mjs. */
export function boardNames() {
  return foldersWith("board.mjs");
}

function foldersWith(file) {
  const folders = readdirSync(join(ROOT, "boards"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders
    .map(({ name }) => name)
    .filter((name) => existsSync(join(ROOT, "boards", name, file)))
    .sort();
}

/** The constants of a profile, as an object. */
export async function readProfile(name) {
  return importTypeScript(join(ROOT, "boards", name, "profile.ts"));
}

/** Imports a TypeScript file and what it needs, in a Node that strips no types. */
export async function importTypeScript(path) {
  const bundle = buildSync({ entryPoints: [path], bundle: true, write: false, format: "esm", platform: "node" });
  const source = Buffer.from(bundle.outputFiles[0].contents).toString("base64");
  return import(`data:text/javascript;base64,${source}`);
}

/** Where a profile's wasm goes. `node` is the one that the package loads when nothing else is asked for. */
export function firmwarePath(name, debug = false) {
  if (boardNames().includes(name)) return join(boardFolder(name), "thimble.wasm");
  const suffix = [name === "node" ? "" : `-${name}`, debug ? "-debug" : ""].join("");
  return join(DIST, `thimble${suffix}.wasm`);
}

/** Where everything that is made for a board goes. */
export function boardFolder(name) {
  return join(DIST, "boards", name);
}

/**
 * What asc is told beyond asconfig.json: the profile, the size of memory, which comes from it, and the proof. `folder` is where
 * the profile's file lies, seen from the root.
 */
export function profileOptions(name, { LINEAR_BYTES: linearBytes, SHRINK: shrink }, folder = `boards/${name}`) {
  const pages = Math.ceil(linearBytes / PAGE);
  if (linearBytes > PAGE && linearBytes % PAGE !== 0) {
    throw new Error(`boards/${name}/profile.ts: LINEAR_BYTES above ${PAGE} must be a whole number of 64 KiB pages`);
  }
  const options = ["--transform", NO_HEAP, "--lib", folder];
  if (shrink === 0) options.push("--transform", INLINE);
  options.push("--shrinkLevel", `${shrink}`);
  options.push("--initialMemory", `${pages}`, "--maximumMemory", `${pages}`);
  // Below a page, asc itself refuses static data past the limit; at a page and above, initialMemory is the check.
  return linearBytes < PAGE ? [...options, "--lowMemoryLimit", `${linearBytes}`] : options;
}

/** Compiles one profile; resolves to {name, debug, path, bytes, sha256}; rejects with asc's own message. */
export async function compileFirmware(name, debug = false, path = firmwarePath(name, debug)) {
  const profile = await readProfile(name);
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    // Names change no byte of the code, and tell which layer each function belongs to.
    const target = debug ? ["--target", "debug"] : ["--target", "release", "--debug"];
    const warnings = await runAsc(
      [...target, "--outFile", relative(ROOT, unfinished), ...profileOptions(name, profile)],
      ROOT,
    );
    if (warnings) process.stderr.write(`profile ${name}:\n${warnings}\n`);
    if (!debug) {
      const { labelled } = await importTypeScript(join(ROOT, "host/build/wasm-code.ts"));
      writeFileSync(unfinished, labelled(readFileSync(unfinished)));
    }
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw new Error(`${debug ? "the debug build of " : ""}profile ${name} does not build:\n${error.message}`);
  }
  const wasm = readFileSync(path);
  const sha256 = createHash("sha256").update(wasm).digest("hex");
  return { name, debug, path, bytes: wasm.length, sha256 };
}

/** Runs the compiler in a folder; resolves to what it printed; rejects with that when it fails. */
export function runAsc(args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [ASC, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const output = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.on("error", reject);
    child.on("close", (status) => {
      const text = Buffer.concat(output)
        .toString()
        .replace(/\n {4}at .*/g, "")
        .trimEnd();
      if (status !== 0) reject(new Error(text || `asc ended with status ${status}`));
      else resolve(text);
    });
  });
}
