// The dissector, the ladder and the tables, on frames of a real kernel and on damaged ones.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Conversations } from "../../host/inspect/conversation.ts";
import { dissect } from "../../host/inspect/dissect.ts";
import type { IcmpMessage } from "../../host/inspect/dissection.ts";
import { internetChecksum } from "../../host/inspect/fields.ts";
import { drawLadder, type LadderFrame, ladderRows } from "../../host/inspect/ladder.ts";
import { summarize } from "../../host/inspect/words.ts";
import { KERNEL_FRAMES } from "./kernel-frames.ts";

const [ARP_REQUEST, ARP_REPLY, SYN, SYN_ACK, , REQUEST] = KERNEL_FRAMES.map(({ bytes }) => bytes) as Uint8Array[];
const PORT_UNREACHABLE = KERNEL_FRAMES[11]?.bytes as Uint8Array;
const ECHO_REQUEST = KERNEL_FRAMES[14]?.bytes as Uint8Array;

function changed(frame: Uint8Array, at: number, value: number): Uint8Array {
  const copy = frame.slice();
  copy[at] = value;
  return copy;
}

// A "port unreachable" about the packet in `frame`, of which it quotes `bytes` bytes.
function quoting(frame: Uint8Array, bytes: number): IcmpMessage {
  const error = new Uint8Array(14 + 20 + 8 + bytes);
  error.set(PORT_UNREACHABLE.subarray(0, 42));
  error.set(frame.subarray(14, 14 + bytes), 42);
  new DataView(error.buffer).setUint16(16, error.length - 14);
  return dissect(error).icmp as IcmpMessage;
}

describe("dissector", () => {
  test("finds nothing wrong with what a kernel sent", () => {
    for (const { bytes } of KERNEL_FRAMES) assert.deepEqual(dissect(bytes).problems, [], summarize(bytes));
  });

  test("reads an ARP request", () => {
    const d = dissect(ARP_REQUEST);
    assert.equal(d.ethernet?.destination, "ff:ff:ff:ff:ff:ff");
    assert.deepEqual(d.arp, {
      operation: 1,
      senderMac: "02:00:00:00:00:01",
      senderAddress: "10.0.0.1",
      targetMac: "00:00:00:00:00:00",
      targetAddress: "10.0.0.2",
    });
    assert.equal(d.payload.length, 0);
  });

  test("reads a SYN with its options", () => {
    const { ipv4, tcp, payload } = dissect(SYN);
    assert.equal(ipv4?.source, "10.0.0.1");
    assert.equal(ipv4?.ttl, 64);
    assert.equal(ipv4?.dontFragment, true);
    assert.equal(tcp?.sourcePort, 38174);
    assert.equal(tcp?.destinationPort, 80);
    assert.equal(tcp?.seq, 3354763775);
    assert.equal(tcp?.flags, 0x02);
    assert.equal(tcp?.window, 64240);
    assert.deepEqual(tcp?.options, [
      { kind: "mss", bytes: 1460 },
      { kind: "sack permitted" },
      { kind: "timestamps", value: 3079804287, echo: 0 },
      { kind: "window scale", shift: 10 },
    ]);
    assert.equal(payload.length, 0);
  });

  test("hands out the payload as a view of the frame", () => {
    const { payload } = dissect(REQUEST);
    assert.equal(Buffer.from(payload).toString(), "GET / HTTP/1.1\r\n\r\n");
    assert.equal(payload.buffer, REQUEST.buffer);
  });

  test("reads the packet that an ICMP error is about", () => {
    const { icmp } = dissect(PORT_UNREACHABLE);
    assert.equal(icmp?.type, 3);
    assert.equal(icmp?.code, 3);
    assert.equal(icmp?.quoted?.ipv4?.destination, "10.0.0.2");
    assert.equal(icmp?.quoted?.udp?.destinationPort, 9);
    assert.deepEqual(icmp?.quoted?.problems, []);
  });

  test("does not call a quoted packet damaged because it is cut off", () => {
    const datagram = quoting(KERNEL_FRAMES[10]?.bytes as Uint8Array, 28);
    assert.deepEqual(datagram.quoted?.problems, []);
    assert.equal(datagram.quoted?.udp?.destinationPort, 9);
    // RFC 792 asks for eight bytes of what IP carried: of TCP, the ports and the sequence number.
    const segment = quoting(SYN, 28);
    assert.deepEqual(segment.quoted?.problems, []);
    assert.deepEqual(segment.quoted?.ports, { source: 38174, destination: 80 });
    assert.equal(segment.quoted?.tcp, undefined);
  });

  test("every field lies in its layer, every layer in the frame", () => {
    for (const { bytes } of KERNEL_FRAMES) {
      let next = 0;
      for (const layer of dissect(bytes).layers) {
        assert.equal(layer.offset, next, `${layer.name} of ${summarize(bytes)}`);
        next = layer.offset + layer.bytes;
        for (const field of layer.fields) {
          assert.ok(field.offset >= layer.offset && field.offset + field.bytes <= next, field.name);
        }
      }
      assert.equal(next, bytes.length);
    }
  });

  test("the fields of a header cover all of its bytes", () => {
    for (const { bytes } of KERNEL_FRAMES) {
      const covered = new Set<number>();
      for (const { fields } of dissect(bytes).layers) {
        for (const field of fields) for (let i = 0; i < field.bytes; i++) covered.add(field.offset + i);
      }
      assert.equal(covered.size, bytes.length, summarize(bytes));
    }
  });

  test("padding is neither payload nor a problem", () => {
    const padded = new Uint8Array(60);
    padded.set(SYN_ACK.subarray(0, 14));
    padded.set(KERNEL_FRAMES[14]?.bytes as Uint8Array);
    const d = dissect(padded);
    assert.equal(d.payload.length, 8);
    assert.deepEqual(d.layers.at(-1)?.name, "Padding");
    assert.deepEqual(d.problems, []);
  });

  test("says which checksum is wrong", () => {
    assert.match(dissect(changed(SYN, 22, 63)).problems.join(), /IPv4: the header's checksum is wrong/);
    assert.match(dissect(changed(REQUEST, 70, 0x50)).problems.join(), /TCP: the checksum is wrong/);
    assert.match(dissect(changed(ECHO_REQUEST, 45, 0x50)).problems.join(), /ICMP: the checksum is wrong/);
    const datagram = KERNEL_FRAMES[10]?.bytes as Uint8Array;
    assert.match(dissect(changed(datagram, 44, 0x50)).problems.join(), /UDP: the checksum is wrong/);
  });

  test("says what is too short or does not add up", () => {
    assert.match(dissect(SYN.subarray(0, 10)).problems[0] ?? "", /^Ethernet: 10 bytes/);
    assert.match(dissect(SYN.subarray(0, 30)).problems[0] ?? "", /^IPv4: no whole header/);
    assert.match(dissect(SYN.subarray(0, 60)).problems[0] ?? "", /^IPv4: a total length of 60 does not fit 46/);
    assert.match(dissect(ARP_REPLY.subarray(0, 40)).problems[0] ?? "", /^ARP: 26 bytes/);
    assert.match(dissect(changed(SYN, 46, 0xf0)).problems[0] ?? "", /^TCP: a header of 60 bytes does not fit/);
    assert.match(dissect(changed(SYN, 46, 0x40)).problems[0] ?? "", /^TCP: a header of 16 bytes does not fit/);
    assert.match(dissect(changed(SYN, 55, 0)).problems.join(), /TCP: option 2 says 0 bytes/);
    assert.match(dissect(changed(SYN, 55, 200)).problems.join(), /TCP: option 2 says 200 bytes/);
  });

  test("never throws, whatever the bytes", () => {
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 8;
    };
    for (let round = 0; round < 20_000; round++) {
      const original = KERNEL_FRAMES[random() % KERNEL_FRAMES.length]?.bytes as Uint8Array;
      const frame = original.slice(0, random() % 4 === 0 ? random() % (original.length + 1) : original.length);
      for (let hits = random() % 5; hits > 0 && frame.length > 0; hits--)
        frame[random() % frame.length] = random() & 255;
      assert.equal(typeof summarize(frame), "string");
    }
    assert.equal(typeof summarize(new Uint8Array(0)), "string");
  });

  test("the Internet checksum of RFC 1071's example", () => {
    const data = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    assert.equal(internetChecksum(data), ~0xddf2 & 0xffff);
    assert.equal(internetChecksum(data, Uint8Array.of(~0xdd & 0xff, ~0xf2 & 0xff)), 0);
  });
});

describe("one line about a frame", () => {
  test("names what it is", () => {
    assert.equal(summarize(ARP_REQUEST), "ARP who has 10.0.0.2? tell 10.0.0.1");
    assert.equal(summarize(ARP_REPLY), "ARP 10.0.0.2 is at 02:00:00:00:00:02");
    assert.equal(
      summarize(SYN),
      "10.0.0.1:38174 > 10.0.0.2:80: TCP SYN seq 3354763775 win 64240 <mss 1460 · sackOK · TS 3079804287/0 · wscale 10>",
    );
    assert.equal(
      summarize(PORT_UNREACHABLE),
      "10.0.0.2 > 10.0.0.1: ICMP port unreachable about UDP 10.0.0.1:53677 > 10.0.0.2:9",
    );
    assert.equal(summarize(ECHO_REQUEST), "10.0.0.1 > 10.0.0.2: ICMP echo request seq 1 (8 bytes)");
    assert.match(summarize(changed(SYN, 12, 0x86)), /0x8600/);
  });
});

describe("conversation", () => {
  test("counts sequence numbers from the SYN", () => {
    const conversations = new Conversations();
    const views = KERNEL_FRAMES.map(({ bytes }) => conversations.view(dissect(bytes))).filter((view) => view !== null);
    const numbers = views.map(({ seq, end, ack }) => [seq, end, ack]);
    assert.deepEqual(numbers, [
      [0, 1, null],
      [0, 1, 1],
      [1, 1, 1],
      [1, 19, 1],
      [1, 1, 19],
      [1, 25, 19],
      [19, 19, 25],
      [19, 20, 25],
      [25, 26, 20],
      [20, 20, 26],
    ]);
    assert.ok(views.every(({ again, duplicateAck }) => !again && !duplicateAck));
  });

  test("counts on where the sequence space wraps", () => {
    const conversations = new Conversations();
    conversations.view(withNumbers(SYN, 0xffff_fffa, 0));
    const view = conversations.view(withNumbers(REQUEST, 0xffff_fffb, 77));
    assert.equal(view?.seq, 1);
    assert.equal(view?.end, 19);
    assert.equal(conversations.view(withNumbers(REQUEST, 0x0000_000d, 77))?.again, false);
  });

  test("recognizes what was sent before", () => {
    const conversations = new Conversations();
    for (const frame of [SYN, SYN_ACK, REQUEST]) assert.equal(conversations.view(dissect(frame))?.again, false);
    for (const frame of [SYN, SYN_ACK, REQUEST]) assert.equal(conversations.view(dissect(frame))?.again, true);
  });

  test("recognizes a duplicate acknowledgment only while something is outstanding", () => {
    const conversations = new Conversations();
    const ack = KERNEL_FRAMES[4]?.bytes as Uint8Array;
    for (const frame of [SYN, SYN_ACK, ack]) conversations.view(dissect(frame));
    assert.equal(conversations.view(dissect(ack))?.duplicateAck, false);
    conversations.view(dissect(KERNEL_FRAMES[7]?.bytes as Uint8Array));
    assert.equal(conversations.view(dissect(ack))?.duplicateAck, true);
  });

  test("a SYN with a new number starts a new count", () => {
    const conversations = new Conversations();
    for (const frame of [SYN, SYN_ACK, REQUEST]) conversations.view(dissect(frame));
    const view = conversations.view(withNumbers(SYN, 12345, 0));
    assert.equal(view?.seq, 0);
    assert.equal(view?.again, false);
  });

  test("without a SYN the first byte counts as 1", () => {
    const view = new Conversations().view(dissect(REQUEST));
    assert.equal(view?.seq, 1);
    assert.equal(view?.ack, 1);
  });
});

function withNumbers(frame: Uint8Array, seq: number, ack: number): ReturnType<typeof dissect> {
  const copy = frame.slice();
  const view = new DataView(copy.buffer);
  view.setUint32(38, seq);
  view.setUint32(42, ack);
  return dissect(copy);
}

const A = { name: "a", address: "10.0.0.1", state: "CLOSED" };
const B = { name: "b", address: "10.0.0.2", state: "LISTEN" };

function kernelEvents(): LadderFrame[] {
  return KERNEL_FRAMES.map(({ time, bytes }) => {
    const fromA = bytes[11] === 1;
    return { time, from: fromA ? "a" : "b", to: fromA ? "b" : "a", frame: bytes, arrivals: [time + 1000] };
  });
}

describe("ladder", () => {
  test("points from who sends to who receives, with each side's time", () => {
    const lines = drawLadder([A, B], kernelEvents()).split("\n");
    assert.equal(
      lines.find((line) => line.includes("SYN seq")),
      "    0.024              │── SYN seq 0 win 64240 ────────────────────────────▶│                  1.024",
    );
    assert.equal(
      lines.find((line) => line.includes("SYN ACK seq")),
      "    1.107              │◀────────────────── SYN ACK seq 0 ack 1 win 65160 ──│                  0.107",
    );
  });

  test("fits its width and keeps its rails straight", () => {
    for (const width of [80, 100, 120]) {
      const lines = drawLadder([A, B], kernelEvents(), { width }).trimEnd().split("\n").slice(1);
      const rails = new Set(lines.map((line) => `${line.indexOf("│")},${line.lastIndexOf("│")}`));
      assert.equal(rails.size, 1, [...rails].join(" "));
      for (const line of lines) assert.ok(line.length <= width, line);
    }
  });

  test("marks what is lost, sent again, doubled", () => {
    const events: LadderFrame[] = [
      { time: 0, from: "a", to: "b", frame: SYN, arrivals: [] },
      { time: 1_000_000, from: "a", to: "b", frame: SYN, arrivals: [1_005_000, 1_006_000] },
      { time: 1_007_000, from: "b", to: "a", frame: SYN_ACK, arrivals: [], notes: ["damaged on the cable"] },
    ];
    const marks = ladderRows(events).map((row) => ("marks" in row ? row.marks : []));
    assert.deepEqual(marks, [["lost"], ["sent again", "arrives twice"], ["damaged on the cable"]]);
    const text = drawLadder([A, B], events);
    assert.match(text, /│── SYN seq 0 win 64240 ─+✗ +│\n/);
    assert.match(text, /│ +✗─+ SYN ACK seq 0 ack 1 win 65160 ──│ +1007\.000\n/);
    assert.match(text, /sent again, arrives twice/);
  });

  test("writes the states it is given beside the frame", () => {
    const event = { time: 0, from: "a", to: "b", frame: SYN, fromState: "SYN-SENT", toState: "SYN-RECEIVED" };
    const lines = drawLadder([A, B], [event]).split("\n");
    assert.match(lines[2] ?? "", /CLOSED │ +│ LISTEN/);
    assert.match(lines[3] ?? "", /0\.000 +SYN-SENT │── SYN .*▶│ SYN-RECEIVED +0\.000$/);
  });

  test("a damaged frame arrives, and is crossed out", () => {
    const event = { time: 0, from: "a", to: "b", frame: SYN, damaged: true, notes: ["damaged"], arrivals: [7] };
    assert.match(drawLadder([A, B], [event]), /│── SYN seq 0 win 64240 ─+✗│ +0\.007\n/);
  });

  test("shows remarks between the frames", () => {
    const text = drawLadder([A, B], [{ time: 0, remark: "netstat is taken here" }]);
    assert.match(text, /│┄+ netstat is taken here ┄+│/);
  });

  test("can do with ASCII alone", () => {
    const text = drawLadder([A, B], [...kernelEvents(), { time: 0, remark: "→ “…”" }], { ascii: true });
    assert.match(text, /^[\x20-\x7e\n]*$/);
    assert.match(text, /\|-- SYN seq 0 win 64240 -+>\|/);
  });

  test("damaged frames are drawn, not hidden", () => {
    const text = drawLadder([A, B], [{ time: 0, from: "a", to: "b", frame: SYN.subarray(0, 30) }]);
    assert.match(text, /damaged \(30 bytes\)/);
    assert.match(text, /no whole header/);
  });
});
