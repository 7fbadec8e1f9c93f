// What the tests against the Linux kernel need, and the sentence that says what is missing.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { missingPrograms } from "../../runner/debian.mjs";

interface Program {
  readonly program: string;
  readonly debian: string;
  readonly some?: boolean;
}

const missing: readonly Program[] = process.platform === "linux" ? missingPrograms() : [];

/** Why the Linux tests cannot run here; false when they can. Fits the `skip` option of a test. */
export const skip: string | false = whatIsMissing();

/** The same for tests that use a program which most do not. */
export function skipWithout(...programs: readonly string[]): string | false {
  return skip || sayMissing(missing.filter(({ program }) => programs.includes(program)));
}

function sayMissing(programs: readonly Program[]): string | false {
  if (programs.length === 0) return false;
  return `the Linux tests need the Debian packages ${programs.map(({ debian }) => debian).join(", ")}`;
}

function whatIsMissing(): string | false {
  if (process.platform !== "linux") return "the Linux tests need Linux";
  if (process.getuid?.() !== 0) return "the Linux tests need root, for namespaces and TAP devices";
  const said = sayMissing(missing.filter(({ some }) => !some));
  if (said) return said;
  if (!existsSync("/dev/net/tun")) return "the Linux tests need /dev/net/tun";
  const name = `thimble-probe-${process.pid}`;
  const made = spawnSync("ip", ["netns", "add", name], { encoding: "utf8" });
  if (made.status !== 0) return `the Linux tests need network namespaces: ${made.stderr.trim()}`;
  spawnSync("ip", ["netns", "delete", name]);
  return false;
}
