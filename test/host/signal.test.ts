// Frames as levels on a cable: they come back as they were, damage never passes for a frame, and what the standard says of
// the codes holds for the signals. 10,000 frames in each code with THIMBLE_FULL=1.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { crc32, FCS_BYTES, fcsMatches, withFcs } from "../../host/mac/fcs.ts";
import { Random } from "../../host/random.ts";
import { createLineCode, LINE_CODES } from "../../host/signal/line.ts";
import type { LineCode } from "../../host/signal/line-code.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const FRAMES = FULL ? 10_000 : 200;
/** Damaged pairs of symbols in each frame, beside all single ones of every tenth frame. */
const PAIRS = 20;
const SEED = 3;
const SHORTEST = 60;
const LONGEST = 1514;

function randomFrame(random: Random, longest = LONGEST): Uint8Array {
  const length = SHORTEST + random.below(longest - SHORTEST + 1);
  return withFcs(Uint8Array.from({ length }, () => random.u32()));
}

/** Damages symbols of a signal, puts them back, and returns what the receiver found in between. */
function received(code: LineCode, levels: Int8Array, places: readonly number[]) {
  const before = places.map((place) => levels[place]);
  for (const place of new Set(places)) levels[place] = code.damaged(levels[place]);
  const { frame } = code.decode(levels);
  for (const [i, place] of places.entries()) levels[place] = before[i];
  return frame;
}

/** Damage may only be where it does no harm, as in idle: what arrives and has a right FCS is the frame itself. */
function demandCaught(arrived: Uint8Array | null, frame: Uint8Array, places: readonly number[]): void {
  if (arrived === null || !fcsMatches(arrived)) return;
  assert.deepEqual(arrived, frame, `damage at symbols ${places.join(" and ")} went unseen`);
}

for (const name of LINE_CODES) {
  describe(name, () => {
    it(`gives ${FRAMES} frames back as they were (seed ${SEED})`, () => {
      const code = createLineCode(name);
      const random = new Random(SEED, 1);
      for (let i = 0; i < FRAMES; i++) {
        const frame = randomFrame(random);
        assert.deepEqual(code.decode(code.encode(frame).levels).frame, frame);
      }
    });

    it(`lets no damaged symbol of ${FRAMES} frames pass, nor two (seed ${SEED})`, () => {
      const code = createLineCode(name);
      const random = new Random(SEED, 2);
      for (let i = 0; i < FRAMES; i++) {
        const frame = randomFrame(random, 2 * SHORTEST);
        const { levels } = code.encode(frame);
        const step = i % 10 === 0 ? 1 : 97;
        for (let place = i % step; place < levels.length; place += step) {
          demandCaught(received(code, levels, [place]), frame, [place]);
        }
        for (let pair = 0; pair < PAIRS; pair++) {
          const places = [random.below(levels.length), random.below(levels.length)];
          demandCaught(received(code, levels, places), frame, places);
        }
      }
    });

    it("marks the parts of the frame without a gap, in bytes of the right number of symbols", () => {
      const { levels, parts } = createLineCode(name).encode(randomFrame(new Random(SEED, 3)));
      assert.deepEqual([parts[0].from, parts.at(-1)?.to], [0, levels.length]);
      for (const [i, part] of parts.slice(1).entries()) assert.equal(part.from, parts[i].to, part.name);
      const bytes = Object.fromEntries(parts.map(({ name, from, to }) => [name, to - from]));
      assert.equal(bytes.destination / 6, bytes.type / 2);
      assert.equal(bytes.preamble + bytes["start of frame"], (bytes.FCS / 4) * 8);
    });

    it("finds no frame in silence, noise or half a signal", () => {
      const code = createLineCode(name);
      const random = new Random(SEED, 4);
      const { levels } = code.encode(randomFrame(random));
      assert.equal(code.decode(new Int8Array(0)).frame, null);
      assert.equal(code.decode(new Int8Array(500)).frame, null);
      for (let i = 1; i < 40; i++) {
        assert.equal(code.decode(levels.subarray(0, Math.floor((levels.length * i) / 41))).frame, null);
        const noise = levels.map(() => levels[random.below(levels.length)]);
        const { frame } = code.decode(noise);
        assert.ok(frame === null || !fcsMatches(frame));
      }
    });
  });
}

describe("what the standard says", () => {
  const frame = withFcs(new Uint8Array(SHORTEST).fill(0xa5));

  it("Manchester: each bit has a step in its middle, and no level lasts longer than one bit", () => {
    const { levels, parts } = createLineCode("10base-t").encode(frame);
    const [from, to] = [parts[1].from, parts.find(({ name }) => name === "FCS")?.to ?? 0];
    for (let i = from; i < to; i += 2) assert.equal(levels[i], -levels[i + 1]);
    assert.equal(levels.slice(from, from + 8).join(), "-1,1,1,-1,-1,1,1,-1", "the preamble begins with 1, 0, 1, 0");
  });

  it("MLT-3: a level never steps over 0, and the scrambler lets none of idle's tones through", () => {
    const { levels } = createLineCode("100base-tx").encode(frame);
    for (let i = 1; i < levels.length; i++) assert.ok(Math.abs(levels[i] - levels[i - 1]) <= 1);
    const idle = levels.slice(0, 60).join("");
    assert.ok(!/(010-1){5}/.test(idle), idle);
  });

  it("NRZI: idle is light that changes with every symbol, and no level lasts longer than four", () => {
    const { levels } = createLineCode("100base-fx").encode(frame);
    assert.match(levels.slice(0, 60).join(""), /^(10){30}$/);
    assert.doesNotMatch(levels.join(""), /(.)\1{4}/);
  });

  // The FCS is linear: whether it sees damage depends on what was damaged, not on the frame. So two damaged nibbles (which is
  // the most that two damaged bits of 4B5B make) are seen in every frame when no two of them leave the same remainder.
  it("the FCS sees any one or two damaged nibbles of a frame of full size, wherever they are", () => {
    const nibbles = 2 * (LONGEST + FCS_BYTES);
    const frameOf = (place: number, error: number): Uint8Array => {
      const bytes = new Uint8Array(LONGEST + FCS_BYTES);
      bytes[place >> 1] = error << (4 * (place & 1));
      return bytes;
    };
    const zero = crc32(frameOf(0, 0));
    const seen = new Set<number>();
    // By linearity the remainders of 1, 2, 4 and 8 give those of all 15.
    for (let place = 0; place < nibbles; place++) {
      const bits = [1, 2, 4, 8].map((error) => crc32(frameOf(place, error)) ^ zero);
      for (let error = 1; error < 16; error++) {
        seen.add(bits.reduce((sum, bit, i) => (error & (1 << i) ? sum ^ bit : sum), 0) >>> 0);
      }
    }
    assert.equal(seen.size, nibbles * 15);
    assert.ok(!seen.has(0));
  });
});
