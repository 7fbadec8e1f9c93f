// The state machine, explored: from every state every combination of flags, of positions in and around the window, of
// ACKs, lengths and timestamps is tried on the released core and compared with a reference of RFC 9293 §3.10.7 that was
// written from the RFCs alone (reference.ts). What differs is a failure, unless differences.ts explains it. The long form
// (THIMBLE_FULL=1) tries more lengths and ages, three placements of the initial sequence numbers, all eight flags, and a
// part of it on the other profiles.
//
//   states.ts   where it starts from, as segment scripts      product.ts      the segments
//   rig.ts      the machine that is put back for each         reference.ts    what must come of them
//   compare.ts  whether it did                                differences.ts  what else may

import assert from "node:assert/strict";
import test from "node:test";
import type { Segment } from "./connection.ts";
import { DIFFERENCES, type Difference } from "./differences.ts";
import { explore, Score } from "./explorer.ts";
import { ALL_FLAGS, type Breadth, FULL as FULL_BREADTH, forEachSegment, QUICK } from "./product.ts";
import { Rig } from "./rig.ts";
import { type Placement, playSetUp } from "./set-up.ts";
import { type Profile, SET_UPS, type SetUp } from "./states.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);

/** What is in flight and the receive window lie across the wrap, across the change of sign, and far from both. */
const BELOW_WRAP: Placement = { ourIss: -50 >>> 0, peerIss: -50 >>> 0 };
const PLACEMENTS: readonly Placement[] = [
  BELOW_WRAP,
  { ourIss: 0x8000_0000 - 50, peerIss: 0x8000_0000 - 50 },
  { ourIss: 1_000_000, peerIss: 2_000_000 },
];

interface Round {
  breadth: Breadth;
  placement: Placement;
  profile?: Profile;
  /** Only every so many segments, where putting the memory back takes long. */
  stride?: number;
}

const ROUNDS: readonly Round[] = FULL
  ? [
      ...PLACEMENTS.map((placement) => ({ breadth: FULL_BREADTH, placement })),
      { breadth: ALL_FLAGS, placement: BELOW_WRAP },
      { breadth: QUICK, placement: BELOW_WRAP, profile: "eight", stride: 7 },
      { breadth: QUICK, placement: BELOW_WRAP, profile: "node", stride: 151 },
    ]
  : [{ breadth: QUICK, placement: BELOW_WRAP }];

const occurrences = new Map<Difference, number>(DIFFERENCES.map((difference) => [difference, 0]));

async function exploreAll(setUp: SetUp): Promise<Score> {
  const score = new Score();
  for (const { breadth, placement, profile = setUp.profile, stride = 1 } of ROUNDS) {
    for (const stamped of setUp.canBeStamped ? [false, true] : [false]) {
      const played = await playSetUp({ ...setUp, profile }, stamped, placement);
      explore(await Rig.create(played), breadth, score, stride);
    }
  }
  return score;
}

function printRow(name: string, ...columns: readonly (string | number)[]): void {
  const cells = columns.map((column) => column.toLocaleString("en").padStart(13)).join("");
  process.stdout.write(`    ${name.padEnd(54)}${cells}\n`);
}

test("a machine that is put back does what it did the first time", async () => {
  for (const setUp of SET_UPS) {
    const rig = await Rig.create(await playSetUp(setUp, setUp.canBeStamped, BELOW_WRAP));
    const segments: Segment[] = [];
    forEachSegment(rig.connection, QUICK, (segment) => segments.push({ ...segment }));
    const few = segments.filter((_, number) => number % 101 === 0);
    const first = few.map((segment) => rig.run(segment));
    const again = few.map((segment) => rig.run(segment));
    assert.deepEqual(again, first, setUp.name);
  }
});

printRow("", "cases", "equal", "explained", "unexplained");
for (const setUp of SET_UPS) {
  test(`${setUp.name}: what arrives is dealt with as RFC 9293 §3.10.7 says`, async () => {
    const score = await exploreAll(setUp);
    printRow(setUp.name, score.cases, score.equal, score.explained, score.unexplained);
    for (const [difference, cases] of score.differences) {
      occurrences.set(difference, (occurrences.get(difference) ?? 0) + cases);
    }
    const report = score.report();
    if (report !== undefined) assert.fail(report);
  });
}

test("every difference that is explained occurs", () => {
  for (const [{ name }, cases] of occurrences) {
    process.stdout.write(`    ${cases.toLocaleString("en").padStart(10)} explained: ${name}\n`);
  }
  const idle = [...occurrences].filter(([, cases]) => cases === 0).map(([{ name }]) => name);
  assert.deepEqual(idle, []);
});
