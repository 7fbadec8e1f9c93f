// A process of its own for a piece of a program, to see when it ends.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** A process that does not end by itself is stopped after this, and the test fails. */
const PATIENCE_MS = 30_000;

/** Runs a module's text; resolves with what it has printed when it has ended. */
export function runOwn(body: string): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", body], {
    cwd: ROOT,
    timeout: PATIENCE_MS,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  return new Promise((resolve) => {
    child.on("close", (status) => resolve({ status, output }));
  });
}
