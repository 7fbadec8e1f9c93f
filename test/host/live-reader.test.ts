// A pcapng that is read while it is written comes as it was written, in pieces of any size.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LiveReader } from "../../host/capture/live-reader.ts";
import { PcapngWriter } from "../../host/capture/pcapng-writer.ts";
import { MemorySink } from "../../host/capture/sink.ts";
import { Random } from "../../host/random.ts";
import { CORPUS } from "./frame-corpus.ts";

const START = 1_700_000_000_000_000;

describe("a live capture", () => {
  const sink = new MemorySink();
  const writer = new PcapngWriter(sink);
  writer.addInterface({ name: "eth0" });
  CORPUS.forEach(({ bytes }, i) => {
    writer.add({ bytes, time: START + 1000 * i, interface: 0, direction: i % 2 === 0 ? "out" : "in" });
  });
  writer.close();
  const bytes = sink.bytes();
  const random = new Random(5);

  for (const [what, pieceBytes] of [
    ["at once", () => bytes.length],
    ["byte by byte", () => 1],
    ["in pieces of any size (seed 5)", () => 1 + random.below(200)],
  ] as const) {
    it(`is read ${what}`, () => {
      const reader = new LiveReader();
      const blocks = [];
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(bytes.length, at + pieceBytes());
        blocks.push(...reader.read(bytes.slice(at, end)));
        at = end;
      }
      // Every byte of it comes out again, and every frame with what belongs to it.
      assert.ok(Buffer.concat(blocks.map((block) => block.bytes)).equals(Buffer.from(bytes)));
      const frames = blocks.flatMap(({ frame }) => frame ?? []);
      assert.deepEqual(
        frames.map(({ interfaceName, time, direction }) => [interfaceName, time, direction]),
        CORPUS.map((_, i) => ["eth0", START + 1000 * i, i % 2 === 0 ? "out" : "in"]),
      );
      frames.forEach((frame, i) => {
        assert.ok(Buffer.from(frame.bytes).equals(Buffer.from(CORPUS[i]?.bytes ?? [])));
      });
    });
  }

  it("is refused when it is something else", () => {
    assert.throws(() => [...new LiveReader().read(new Uint8Array(64))], /no length/);
  });
});
