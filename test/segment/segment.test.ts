// One test for each segment script below this folder. A script is played as it stands, and again with both initial
// sequence numbers just below the wrap, so that every rule is shown there, too.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { play } from "./play.ts";
import { parseScript, type Script } from "./script.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
/** How far below 2^32 both sides start in the further rounds: at the SYN, within and behind the first segment. */
const BELOW_WRAP = process.env.THIMBLE_FULL ? [-1, -2, -60, -500, -1460, -1461, -4000] : [-1, -600];

function scripts(): Script[] {
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".pkt"));
  return files.sort().map((file) => parseScript(join("test/segment", file), readFileSync(join(FOLDER, file), "utf8")));
}

for (const script of scripts()) {
  test(script.title, async () => {
    await play(script);
    for (const iss of BELOW_WRAP) await play(script, { peerIss: iss >>> 0, ourIss: iss >>> 0 });
  });
}
