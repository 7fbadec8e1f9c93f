// The scoreboard, the send queue's side of an ACK and the state of RACK, held against a model with one state for every
// byte (scoreboard-model.ts) after each of thousands of random steps.

import { Offer } from "../../assembly/abi/status";
import { setBe32 } from "../../assembly/base/bytes";
import { now, setNow } from "../../assembly/base/clock";
import { MILLISECOND, SECOND } from "../../assembly/base/config";
import { Packet, PacketFlag, startPackets } from "../../assembly/device/packet";
import { takeOutputs } from "../../assembly/transport/endpoint";
import { beginDelivery, delivery, forgetDeliveries, startDeliveries } from "../../assembly/transport/tcp/delivery";
import {
  forgetLosses,
  forgetReports,
  markAllLost,
  markFinLost,
  markHeadLost,
  markLost,
  outstandingOf,
  takeReports,
  unmarkFinLost,
  unmarkLost,
  unmarkReported,
} from "../../assembly/transport/tcp/scoreboard";
import { segment } from "../../assembly/transport/tcp/segment";
import { dropAcknowledged, enqueue, roomAt, sendRoom, startSending } from "../../assembly/transport/tcp/send-queue";
import { seqAfter, seqUpTo } from "../../assembly/transport/tcp/seq";
import { Mark, openTcb, startTcbs, Tcb } from "../../assembly/transport/tcp/tcb";
import { draw, draw32, drawBetween, oneIn, startDraws } from "./draw";
import { Model } from "./scoreboard-model";

const RUNS: u32 = 400;
const STEPS: u32 = 60;
/** Bytes that a run writes at most, and those of a packet. */
const RUN_BYTES: u32 = 1500;
const PACKET_MOST: u32 = 100;
/** Places outside of what is on its way that a block may name. */
const FAR: u32 = 20000;
const MOST_BLOCKS: u32 = 4;

const SACK_OPTION: usize = memory.data(32, 8);
const MODEL: usize = memory.data(offsetof<Model>(), 8);
const model: Model = changetype<Model>(MODEL);

let tcb: Tcb = changetype<Tcb>(0);

/** An open connection, at both wraps in half of the runs: of sequence numbers, and of the clock's lower half. */
function startRun(seed: u32): void {
  startDraws(seed);
  startPackets();
  startTcbs();
  takeOutputs();
  tcb = openTcb(0)!;
  startSending(tcb, seed & 1 ? 0 - drawBetween(1, RUN_BYTES) : draw32());
  tcb.sndUna++;
  tcb.sndNxt++;
  tcb.tsOffset = draw32();
  tcb.mark(Mark.SACK);
  if (seed & 2) tcb.mark(Mark.TIMESTAMPS);
  tcb.txLimit = 512;
  startDeliveries(tcb);
  model.start(tcb.minRtt, now());
}

function sequenceOf(position: i64): u32 {
  return tcb.iss + 1 + <u32>position;
}

function positionOf(packet: Packet): u32 {
  return packet.seq - tcb.iss - 1;
}

/** The content of the stream at a position. */
function contentAt(position: u32): u8 {
  return <u8>((position * 167) >> 2);
}

// What the application and the sender do: here without the segments that go out.

function write(): void {
  if (tcb.is(Mark.FIN_QUEUED) || model.end >= RUN_BYTES) return;
  tcb.sndMss = <u16>drawBetween(1, PACKET_MOST);
  const before = tcb.sndTail;
  const bytes = drawBetween(1, sendRoom(tcb));
  for (let i: u32 = 0; i < bytes; i++) store<u8>(roomAt(tcb) + i, contentAt(model.end + i));
  enqueue(tcb, bytes, 0);
  model.write(bytes, tcb.sndTail !== before);
}

function advance(end: u32): void {
  if (tcb.sndNew) unmarkReported(tcb, tcb.sndNew!);
  tcb.sndNxt = end;
  while (tcb.sndNew && seqUpTo(tcb.sndNew!.seq + tcb.sndNew!.bytes, end)) tcb.sndNew = tcb.sndNew!.next;
}

/** The next packet, or a part of it; what is lost of it would go first. */
function send(): void {
  const packet = tcb.sndNew;
  if (!packet || packet.bytes == 0 || tcb.is(Mark.FIN_SENT)) return;
  if (model.isLost(positionOf(packet), positionOf(packet) + packet.bytes)) return;
  const rest = packet.seq + packet.bytes - tcb.sndNxt;
  const bytes = oneIn(4) ? drawBetween(1, rest) : rest;
  if (tcb.flight == 0) forgetDeliveries(tcb);
  packet.sentAt = <u32>now();
  packet.transmissions = max<u8>(packet.transmissions, 1);
  advance(tcb.sndNxt + bytes);
  model.send(bytes, now());
}

function sendFin(): void {
  tcb.mark(Mark.FIN_QUEUED);
  if (tcb.is(Mark.FIN_SENT) || tcb.sndNxt != tcb.sndEnd) return;
  if (tcb.flight == 0) forgetDeliveries(tcb);
  tcb.mark(Mark.FIN_SENT);
  tcb.sndNxt++;
  model.sendFin(now());
}

/** A packet of the queue of which something is on its way. */
function drawSent(): Packet | null {
  let chosen: Packet | null = null;
  let count: u32 = 0;
  let packet = tcb.sndHead;
  while (packet && seqAfter(tcb.sndNxt, packet.seq)) {
    if (outstandingOf(tcb, packet) && oneIn(++count)) chosen = packet;
    packet = packet.next;
  }
  return chosen;
}

/** The lost packets go again, or some of them, or one that is not lost (a probe of the tail). */
function resend(): void {
  const most = drawBetween(1, 4);
  for (let i: u32 = 0; i < most; i++) {
    const packet = drawSent();
    if (!packet) break;
    if (packet.has(PacketFlag.SACKED) || (!packet.has(PacketFlag.LOST) && !oneIn(6))) continue;
    resendPacket(packet);
  }
  if (oneIn(3)) {
    unmarkFinLost(tcb);
    model.finLost = false;
  }
}

// As `resend` of sender.ts has it: what was sent, and behind it as much as the peer's window takes.
function resendPacket(packet: Packet): void {
  const all = packet.seq + packet.bytes;
  const end = seqAfter(all, tcb.sndNxt) && oneIn(2) ? tcb.sndNxt : all;
  unmarkLost(tcb, packet);
  if (packet === tcb.sndTail && end == all && tcb.is(Mark.FIN_SENT)) unmarkFinLost(tcb);
  packet.sentAt = <u32>now();
  packet.transmissions++;
  if (seqAfter(end, tcb.sndNxt)) advance(end);
  model.resend(model.packetAt(positionOf(packet) + packet.bytes - 1), end - tcb.iss - 1, now());
}

// What is found out.

function lose(): void {
  if (tcb.flight == 0) return;
  const packet = drawSent();
  switch (draw(8)) {
    case 0:
      markAllLost(tcb);
      model.lose(0, model.end);
      model.loseFin();
      return;
    case 1:
      markHeadLost(tcb);
      if (model.una < min(model.nxt, model.end)) model.lose(model.una, model.endOf(model.packetAt(model.una)));
      else model.loseFin();
      return;
    case 2:
      markFinLost(tcb);
      model.loseFin();
      return;
    default:
      if (!packet) return;
      markLost(tcb, packet);
      model.lose(positionOf(packet), positionOf(packet) + packet.bytes);
  }
}

function changeMind(): void {
  if (oneIn(2)) {
    forgetLosses(tcb);
    model.forget(true);
  } else {
    forgetReports(tcb);
    model.forget(false);
  }
}

// The first packet waits for the wire, or does so no longer: it must stay whole while it does.
function toggleOnItsWay(): void {
  const head = tcb.sndHead;
  if (!head) return;
  if (head.has(PacketFlag.ON_ITS_WAY)) head.clear(PacketFlag.ON_ITS_WAY);
  else head.set(PacketFlag.ON_ITS_WAY);
}

// What the peer says. Blocks are positions that may lie anywhere.

let blockFirst: i64 = 0;
let blockEnd: i64 = 0;

/** Any position on its way; at the beginning of a packet three times in four. */
function drawPosition(): u32 {
  let position = drawBetween(model.una, model.nxt);
  if (oneIn(4)) return position;
  while (position > model.una && position < model.end && !model.beginsPacket(position)) position--;
  return position;
}

function drawBlock(): void {
  const a: i64 = drawPosition();
  const b: i64 = drawPosition();
  blockFirst = min(a, b);
  blockEnd = max(a, b);
  switch (draw(10)) {
    case 0:
      blockFirst = <i64>model.una - drawBetween(1, FAR); // old
      break;
    case 1:
      blockEnd = <i64>model.nxt + drawBetween(1, FAR); // not sent
      break;
    case 2:
      blockFirst = max(a, b); // inverted, or empty
      blockEnd = min(a, b);
      break;
    default:
  }
}

/** A first block that reports a duplicate: below `ack`, or within [first, end) (RFC 2883 §4). */
function drawDuplicate(ack: u32, first: i64, end: i64): void {
  blockEnd = <i64>ack - draw(FAR);
  if (oneIn(2) && first < end) blockEnd = first + 1 + draw(<u32>(end - first));
  blockFirst = blockEnd - drawBetween(1, PACKET_MOST);
  if (blockEnd > <i64>ack) blockFirst = max(first, blockFirst);
}

function writeBlock(block: u32): void {
  setBe32(SACK_OPTION, sequenceOf(blockFirst), block * 8);
  setBe32(SACK_OPTION, sequenceOf(blockEnd), block * 8 + 4);
}

/** The SACK option of an ACK up to `ack` comes, and the model takes from it what counts. Whether it has a D-SACK. */
function takeSack(ack: u32, blocks: u32): bool {
  let secondFirst: i64 = 0;
  let secondEnd: i64 = 0;
  // The model takes blocks in their order, so they are drawn from the last to the first and kept where the peer has them.
  for (let block = blocks; block-- > 0; ) {
    if (block == 0 && oneIn(4)) drawDuplicate(ack, secondFirst, secondEnd);
    else drawBlock();
    writeBlock(block);
    keepBlock(block);
    if (block == 1) {
      secondFirst = blockFirst;
      secondEnd = blockEnd;
    }
  }
  const inSecond = blocks > 1 && secondFirst <= blockFirst && blockEnd <= secondEnd;
  const duplicate = blockFirst < blockEnd && (blockEnd <= <i64>ack || inSecond);
  segment.sackAt = SACK_OPTION;
  segment.sackBlocks = <u8>blocks;
  takeReports(tcb, segment);
  for (let block: u32 = duplicate ? 1 : 0; block < blocks; block++) {
    model.report(load<i64>(KEPT + block * 16), load<i64>(KEPT + block * 16, 8), now());
  }
  return duplicate;
}

const KEPT: usize = memory.data(MOST_BLOCKS * 16, 8);
function keepBlock(block: u32): void {
  store<i64>(KEPT + block * 16, blockFirst);
  store<i64>(KEPT + block * 16, blockEnd, 8);
}

/** Where the peer is: where it was, at the end of all, or in between; the FIN it has seldom. */
function drawAck(): u32 {
  if (oneIn(2) || model.una == model.nxt) return model.una;
  const ack = oneIn(4) ? model.nxt : drawPosition();
  return ack > model.end && !oneIn(8) ? max(model.una, model.end) : ack;
}

function acknowledge(): string {
  const ack = drawAck();
  segment.ack = sequenceOf(ack);
  drawEcho();
  beginDelivery(tcb);
  model.beginAck();
  model.rtt = 0;
  const blocks = oneIn(5) ? 0 : drawBetween(1, MOST_BLOCKS);
  const duplicate = blocks > 0 && takeSack(ack, blocks);
  if (ack > model.una) {
    const head = tcb.sndHead;
    model.acknowledge(ack, !head || !staysWhole(ack), now());
    dropAcknowledged(tcb, segment.ack);
  }
  if (delivery.reportsDuplicate != duplicate) return "a D-SACK";
  if (delivery.rtt != model.rtt) return "the round trip";
  return "";
}

/** True when the packet in the middle of which `ack` lies is on its way, so that its front stays. */
function staysWhole(ack: u32): bool {
  let packet = tcb.sndHead;
  while (packet && positionOf(packet) + packet.bytes <= ack) packet = packet.next;
  return packet !== null && packet.has(PacketFlag.ON_ITS_WAY);
}

/** The peer returns a timestamp of the last few milliseconds, or none. */
function drawEcho(): void {
  const echo = now() / MILLISECOND - draw(20);
  const stamped = tcb.is(Mark.TIMESTAMPS) && !oneIn(4);
  segment.offer = stamped ? <u8>Offer.TIMESTAMPS : 0;
  segment.echo = <u32>echo + tcb.tsOffset;
  model.echo = stamped ? echo : 0;
}

// What must agree. The answer names what does not.

function compare(): string {
  if (tcb.sndUna != sequenceOf(model.una) || tcb.sndNxt != sequenceOf(model.nxt)) return "SND.UNA or SND.NXT";
  if (tcb.lostBytes != model.lostBytes) return `lostBytes: ${tcb.lostBytes}, not ${model.lostBytes}`;
  if (tcb.sackedBytes != model.sackedBytes) return `sackedBytes: ${tcb.sackedBytes}, not ${model.sackedBytes}`;
  if (tcb.pipe != model.pipe) return `pipe: ${tcb.pipe}, not ${model.pipe}`;
  if (tcb.is(Mark.FIN_LOST) != model.finLost) return "the FIN's mark";
  if (tcb.rackHighest != sequenceOf(model.highest)) return "rackHighest";
  if (tcb.rackEnd != sequenceOf(model.rackEnd)) return "rackEnd";
  if (tcb.rackSentAt != <u32>model.rackAt || tcb.rackRtt != model.rackRtt) return "RACK's times";
  if (tcb.minRtt != model.minRtt) return "the shortest round trip";
  if (tcb.is(Mark.REORDERED) != model.reordered) return "the mark of reordering";
  return compareQueue();
}

function compareQueue(): string {
  let position = tcb.sndHead ? positionOf(tcb.sndHead!) : model.end;
  let packets: u32 = 0;
  let packet = tcb.sndHead;
  while (packet) {
    const end = position + packet.bytes;
    if (positionOf(packet) != position) return "a gap in the queue";
    if (packet.has(PacketFlag.LOST) != model.isLost(position, end)) return `the mark LOST at ${position}`;
    if (packet.has(PacketFlag.SACKED) != model.isReported(position, end)) return `the mark SACKED at ${position}`;
    if (load<u8>(packet.payload) != contentAt(position)) return `the first byte at ${position}`;
    if (load<u8>(packet.payload + packet.bytes - 1) != contentAt(end - 1)) return `the last byte before ${end}`;
    position = end;
    packets++;
    packet = packet.next;
  }
  if (position != model.end) return "the end of the queue";
  return packets == tcb.txHeld ? "" : "the number of packets";
}

function step(): string {
  const kind = draw(100);
  if (kind < 15) write();
  else if (kind < 42) send();
  else if (kind < 72) return acknowledge();
  else if (kind < 82) lose();
  else if (kind < 94) resend();
  else if (kind < 96) changeMind();
  else if (kind < 98) toggleOnItsWay();
  else sendFin();
  return "";
}

/** Plays a run; what went wrong, and when. */
function play(seed: u32): string {
  startRun(seed);
  for (let i: u32 = 0; i < STEPS; i++) {
    setNow(now() + (oneIn(3) ? 0 : draw(6 * MILLISECOND)));
    const answer = step();
    const wrong = answer.length ? answer : compare();
    if (wrong.length) return `seed ${seed}, step ${i}: ${wrong}`;
  }
  return "";
}

describe("the scoreboard", () => {
  it("agrees with a state for every byte, whatever is sent, lost, reported and acknowledged", () => {
    setNow(((<u64>1) << 32) - 5 * SECOND);
    let wrong = "";
    for (let seed: u32 = 1; seed <= RUNS && wrong.length == 0; seed++) wrong = play(seed);
    expect<string>(wrong).toBe("");
  });
});
