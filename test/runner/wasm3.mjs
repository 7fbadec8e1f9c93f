// wasm3, an interpreter for microcontrollers, as a Python package in an environment of its own below dist/.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../dist/wasm3", import.meta.url));
const PACKAGE = "pywasm3==0.5.0";

/** The Python that has wasm3; whether it does is another matter. */
export const PYTHON = join(FOLDER, "bin/python3");

/** True when wasm3 can be used. */
export function hasWasm3() {
  return existsSync(PYTHON) && spawnSync(PYTHON, ["-c", "import wasm3"]).status === 0;
}

/** Installs it where Python and its registry are to be had; says what it does. Never fails: tests say what they miss. */
export function installWasm3() {
  if (hasWasm3()) return;
  process.stderr.write(`thimble: installing for the tests: ${PACKAGE} ...\n`);
  for (const [command, ...args] of [
    ["python3", "-m", "venv", FOLDER],
    [PYTHON, "-m", "pip", "install", "-q", PACKAGE],
  ]) {
    const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8", timeout: 300_000 });
    if (status === 0) continue;
    process.stderr.write(`thimble: ${command} failed: ${error?.message ?? ""}${stderr ?? ""}`);
    return;
  }
}
