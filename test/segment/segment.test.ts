// One test for each segment script below this folder. THIMBLE_FULL=1 starts at more places around the wrap, and plays
// everything against the build with assertions, too.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { playRounds } from "./rounds.ts";
import { parseScript, type Script } from "./script.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const full = Boolean(process.env.THIMBLE_FULL);

function scripts(): Script[] {
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".pkt"));
  return files.sort().map((file) => parseScript(join("test/segment", file), readFileSync(join(FOLDER, file), "utf8")));
}

for (const script of scripts()) {
  test(script.title, async () => {
    await playRounds(script, { full, debug: false });
    if (full) await playRounds(script, { full: false, debug: true });
  });
}
