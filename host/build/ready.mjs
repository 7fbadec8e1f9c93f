// Makes a checkout ready to run: installs packages and builds where that is due, and says so; otherwise says nothing
// and costs a few milliseconds. With --packages-only it builds nothing. `npm start`, `npm run thimble`, the tests and the
// benchmark begin with it.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// Nothing here may import a package: there may be none yet.
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What the build reads, and what it writes last of each kind. */
const SOURCES = ["assembly", "boards", "host", "asconfig.json", "tsconfig.json", "package.json", "package-lock.json"];
const PRODUCTS = [
  "dist/thimble.wasm",
  "dist/thimble-debug.wasm",
  "dist/index.js",
  "dist/browser.js",
  "dist/thimble.mjs",
  "dist/index.d.ts",
];

/** Installs and, unless told otherwise, builds what is missing or old. Throws an Error with a sentence when that fails. */
export function makeReady({ packagesOnly = false } = {}) {
  // npm writes this file at the end of an installation.
  if (modified("node_modules/.package-lock.json") < modified("package-lock.json")) {
    const [command, ...args] = npmCommand();
    args.push("ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error");
    run("installing packages (npm ci)", command, args);
  }
  if (packagesOnly) return;
  const built = Math.min(...PRODUCTS.map(modified));
  if (built < Math.max(...SOURCES.map(newest))) {
    run("building (npm run build)", process.execPath, ["host/build/build.mjs", "--quiet"]);
  }
}

/**
 * The npm that runs this script, where one does. Its own scripts find another first: `npm run` puts node_modules/.bin
 * in front of PATH, and one of the development tools brings an old npm along.
 */
function npmCommand() {
  const running = process.env.npm_execpath ?? "";
  return /[/\\]npm-cli\.[cm]?js$/.test(running) ? [process.execPath, running] : ["npm"];
}

/** Time of the last change of a file in milliseconds; 0 when there is none. */
function modified(path) {
  return statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Time of the last change of a file, or of any file or folder in a folder. */
export function newest(path) {
  if (!existsSync(join(ROOT, path))) return 0;
  if (!statSync(join(ROOT, path)).isDirectory()) return modified(path);
  const entries = readdirSync(join(ROOT, path), { recursive: true });
  return Math.max(modified(path), ...entries.map((entry) => modified(join(path, entry))));
}

function run(what, command, args) {
  process.stderr.write(`thimble: ${what} ...\n`);
  // Its output goes to stderr: that of the command which follows may be piped.
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ["ignore", 2, 2] });
  if (error) throw new Error(`${what}: ${command} cannot be run: ${error.message}`);
  if (status !== 0) throw new Error(`${what} failed; its messages are above`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    makeReady({ packagesOnly: process.argv.includes("--packages-only") });
  } catch (error) {
    process.stderr.write(`thimble: ${error.message}\n`);
    process.exitCode = 1;
  }
}
