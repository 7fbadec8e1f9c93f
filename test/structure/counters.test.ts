// IPv6's counters mirror those of IPv4: countIp finds one from the other by a distance that is the same for all.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Counter } from "../../assembly/abi/counters.ts";
import { filesBelow, ROOT } from "./sources.ts";

const NAMES = Object.values(Counter).filter((value) => typeof value === "string");
const MIRRORED = NAMES.filter((name) => /^(Ip|Icmp)6/.test(name));

function nameOver6(name: string): string {
  return name.replace(/^(Ip|Icmp)/, "$16");
}

/** The counters that the core counts by version. */
function countedByVersion(): string[] {
  const texts = filesBelow("assembly", ".ts").map((file) => readFileSync(join(ROOT, file), "utf8"));
  return texts.flatMap((text) => [...text.matchAll(/countIp\(\s*Counter\.(\w+)/g)].map((match) => match[1]));
}

describe("the counters of IPv6", () => {
  it("have the names of IPv4's, in the same order, without a gap", () => {
    const first = Counter.IpInReceives;
    const originals = NAMES.slice(first, first + MIRRORED.length);
    assert.ok(MIRRORED.length > 0);
    assert.deepEqual(MIRRORED, originals.map(nameOver6));
    assert.deepEqual(MIRRORED, NAMES.slice(Counter.Ip6InReceives, Counter.Ip6InReceives + MIRRORED.length));
  });

  it("are there for whatever is counted by version", () => {
    const counted = countedByVersion();
    assert.ok(counted.length > 0);
    assert.deepEqual(
      counted.filter((name) => !MIRRORED.includes(nameOver6(name))),
      [],
    );
  });
});
