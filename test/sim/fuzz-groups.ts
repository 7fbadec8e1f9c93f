// Messages about groups at random: queries, and what other hosts report, mostly of groups that a socket is in.

import { parseAddress } from "../../host/core/address.ts";
import type { Version } from "../segment/addresses.ts";
import type { GroupMessage } from "../segment/frames/groups.ts";
import type { Draws } from "./fuzz-draws.ts";

const JOINED = { 4: ["239.1.2.3", "232.1.2.3"], 6: ["ff15::9", "ff35::9"] } as const;

/** Groups that a socket should have joined: the first from all sources, the second from the peer. */
export function joinedGroups(version: Version): Uint8Array[] {
  return JOINED[version].map((text) => parseAddress(text).slice(version === 4 ? 12 : 0));
}

/** A message about such groups, or addresses that `address` draws. */
export function drawGroups(draws: Draws, version: Version, address: () => Uint8Array): GroupMessage {
  const { random } = draws;
  const group = (): Uint8Array => (random.chance(0.7) ? draws.one(joinedGroups(version)) : address());
  const many = (): Uint8Array[] => Array.from({ length: random.below(random.chance(0.1) ? 60 : 4) }, address);
  const isGeneral = random.chance(0.3);
  return {
    protocol: version === 4 ? "igmp" : "mld",
    version: 1 + random.below(version === 4 ? 3 : 2),
    kind: draws.one(["query", "query", "query", "report", "leave"]),
    group: isGeneral ? new Uint8Array(version === 4 ? 4 : 16) : group(),
    within: random.below(random.chance(0.5) ? 2_000 : 3_000_000),
    suppress: random.chance(0.1),
    robustness: random.below(8),
    interval: random.below(30_000),
    sources: isGeneral && random.chance(0.9) ? [] : many(),
    records: [{ type: 1 + random.below(6), group: group(), sources: many() }],
  };
}
