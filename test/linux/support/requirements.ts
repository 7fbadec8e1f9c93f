// What the tests against the Linux kernel need, and the sentence that says what is missing.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { missingPrograms } from "../../runner/debian.mjs";

/** Why the Linux tests cannot run here; false when they can. Fits the `skip` option of a test. */
export const skip: string | false = whatIsMissing();

function whatIsMissing(): string | false {
  if (process.platform !== "linux") return "the Linux tests need Linux";
  if (process.getuid?.() !== 0) return "the Linux tests need root, for namespaces and TAP devices";
  const programs = missingPrograms().map(({ debian }: { debian: string }) => debian);
  if (programs.length > 0) return `the Linux tests need the Debian packages ${programs.join(", ")}`;
  if (!existsSync("/dev/net/tun")) return "the Linux tests need /dev/net/tun";
  const name = `thimble-probe-${process.pid}`;
  const made = spawnSync("ip", ["netns", "add", name], { encoding: "utf8" });
  if (made.status !== 0) return `the Linux tests need network namespaces: ${made.stderr.trim()}`;
  spawnSync("ip", ["netns", "delete", name]);
  return false;
}
