// One test for each segment script below this folder, and one more over IPv6 for each that is not about a version of IP:
// TCP does not know which it is carried by. THIMBLE_FULL=1 starts at more places around the wrap, and plays everything
// against the build with assertions, too.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "../runner/recorded.ts";
import { NETWORKS, OUR_MAC } from "./addresses.ts";
import { Machine } from "./machine.ts";
import { playRounds } from "./rounds.ts";
import { parseScript, type Script } from "./script.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const full = Boolean(process.env.THIMBLE_FULL);

function scripts(): Script[] {
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".pkt"));
  return files.sort().map((file) => parseScript(join("test/segment", file), readFileSync(join(FOLDER, file), "utf8")));
}

/** The profiles of scripts whose firmware takes IPv6 addresses. */
async function profilesWithV6(all: readonly Script[]): Promise<Set<string>> {
  const { ours, prefixLength } = NETWORKS[6];
  const found = new Set<string>();
  for (const profile of new Set(all.map(({ directives }) => directives.profile))) {
    const machine = await Machine.create({ profile, seed: 1, start: 0 });
    const added = machine.addAddress(machine.plugIn(OUR_MAC), ours, prefixLength);
    if (added >= 0) found.add(profile);
  }
  return found;
}

const all = scripts();
const withV6 = await profilesWithV6(all);

for (const script of all) {
  const { ip, profile } = script.directives;
  if (ip !== 6 || withV6.has(profile)) {
    test(script.title, async () => {
      await playRounds(script, { full, debug: false });
      if (full) await playRounds(script, { full: false, debug: true });
    });
  }
  if (ip === undefined && withV6.has(profile)) {
    test(`${script.title} (over IPv6)`, () => playRounds(script, { full, debug: false, ip: 6 }));
  }
}
