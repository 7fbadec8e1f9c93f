// Captures in pcapng: what is written is what is read again, by this project's reader and by tshark; and the filters that
// choose among frames.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { parseFilter } from "../../host/inspect/frame-filter.ts";
import { Random } from "../../host/random.ts";
import { Capture, captureWire } from "../../host/wire/capture.ts";
import { pcapngFormat } from "../../host/wire/pcapng.ts";
import { PcapngReader, type ReadFrame } from "../../host/wire/pcapng-reader.ts";
import { BenchWire } from "./bench-mac.ts";
import { CORPUS } from "./frame-corpus.ts";

const EPOCH = 1_700_000_000_000_000;
const folder = mkdtempSync(join(tmpdir(), "thimble-pcapng-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The bytes of a capture of all frames of the corpus, sent and received in turn, 1000 microseconds apart. */
function captureOfCorpus(): Uint8Array {
  const pieces: Uint8Array[] = [];
  const sink = { write: (bytes: Uint8Array) => void pieces.push(Uint8Array.from(bytes)), close: () => {} };
  const clock = new VirtualClock(EPOCH);
  const capture = new Capture(sink, clock, pcapngFormat({ name: "eth0", description: "cable" }, "test"));
  CORPUS.forEach(({ bytes }, i) => {
    clock.runUntil(1000 * i);
    capture.add(bytes, i % 2 === 0, i === 3 ? 7 : 0);
  });
  capture.close();
  return Uint8Array.from(Buffer.concat(pieces));
}

function readAll(bytes: Uint8Array, pieceBytes: () => number): ReadFrame[] {
  const reader = new PcapngReader();
  const frames: ReadFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + pieceBytes());
    for (const { frame } of reader.read(bytes.slice(at, end))) if (frame) frames.push(frame);
    at = end;
  }
  return frames;
}

describe("pcapng", () => {
  it("is read again as it was written, in pieces of any size", () => {
    const bytes = captureOfCorpus();
    const random = new Random(5);
    for (const pieceBytes of [() => bytes.length, () => 1, () => 1 + random.below(200)]) {
      const frames = readAll(bytes, pieceBytes);
      assert.equal(frames.length, CORPUS.length);
      frames.forEach(({ frame, ...rest }, i) => {
        assert.deepEqual(Buffer.from(frame), Buffer.from(CORPUS[i]?.bytes ?? []));
        const missed = i === 3 ? 7 : 0;
        assert.deepEqual(rest, { adapter: "eth0", micros: EPOCH + 1000 * i, sent: i % 2 === 0, missed });
      });
    }
  });

  it("is refused when it is something else", () => {
    assert.throws(() => [...new PcapngReader().read(new Uint8Array(64))], /no length/);
  });

  it("is what a capture file with that ending holds", () => {
    const path = join(folder, "frames.pcapng");
    const wire = captureWire(new BenchWire(), path, new VirtualClock(EPOCH));
    wire.attach({ receive: () => {}, linkChanged: () => {} });
    const frame = CORPUS[0]?.bytes as Uint8Array;
    wire.send(frame);
    wire.close();
    const [read] = readAll(readFileSync(path), () => 4096);
    assert.ok(read?.sent);
    assert.deepEqual(Buffer.from(read.frame), Buffer.from(frame));
  });

  const tshark = spawnSync("tshark", ["-v"]).status === 0;
  it("is read by tshark, with adapters and directions", { skip: !tshark && "tshark is not installed" }, () => {
    const fields = ["frame.interface_name", "frame.packet_flags_direction", "frame.time_epoch", "frame.len"];
    const path = join(folder, "corpus.pcapng");
    writeFileSync(path, captureOfCorpus());
    const args = ["-n", "-r", path, "-T", "fields", ...fields.flatMap((field) => ["-e", field])];
    const { status, stdout } = spawnSync("tshark", args, { encoding: "utf8" });
    assert.equal(status, 0);
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines.length, CORPUS.length);
    lines.forEach((line, i) => {
      const [name, direction, time, length] = line.split("\t");
      const expected = ["eth0", i % 2 === 0 ? 2 : 1, EPOCH + 1000 * i, CORPUS[i]?.bytes.length];
      assert.deepEqual([name, Number(direction), Math.round(Number(time) * 1e6), Number(length)], expected);
    });
  });
});

/** A frame of TCP or UDP from 10.0.0.1:1000 to 10.0.0.2:80. */
function segment(protocol: 6 | 17): Uint8Array {
  const frame = new Uint8Array(60);
  frame.set([0x08, 0x00, 0x45, 0, 0, 40], 12);
  frame.set([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 1000 >> 8, 1000 & 255, 0, 80], 22);
  frame.set(protocol === 6 ? [0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10] : [0, 20, 0, 0], 38);
  return frame;
}

describe("a filter", () => {
  const tcp = segment(6);
  const udp = segment(17);
  const ACCEPTED: [filter: string, tcp: boolean, udp: boolean][] = [
    ["", true, true],
    ["tcp", true, false],
    ["udp or tcp", true, true],
    ["not tcp", false, true],
    ["ip6 or arp or icmp", false, false],
    ["port 80", true, true],
    ["tcp port http", true, false],
    ["src port 80", false, false],
    ["dst port 80 and src port 1000", true, true],
    ["host 10.0.0.1", true, true],
    ["src 10.0.0.2", false, false],
    ["dst host 10.0.0.2", true, true],
    ["net 10.0.0.0/30", true, true],
    ["src net 10.0.0.0/8 && ! udp", true, false],
    ["net 2001:db8::/32", false, false],
    ["udp and (port 1 or port 80)", false, true],
  ];
  for (const [text, wantsTcp, wantsUdp] of ACCEPTED) {
    it(`"${text}" means what it means to tcpdump`, () => {
      const fits = parseFilter(text);
      assert.deepEqual([fits(tcp), fits(udp)], [wantsTcp, wantsUdp]);
    });
  }

  it("that makes no sense is refused with a sentence", () => {
    for (const text of ["tcp and", "port", "port 70000", "host nobody", "net 10.0.0.0", "( tcp", "tcp )", "or"]) {
      assert.throws(() => parseFilter(text), /./, text);
    }
  });
});
