// Segments on the way out: a header in front of what is to be sent, checksum, IP.

import { Counter } from "../../abi/counters";
import { bswap16 } from "../../base/bytes";
import { copyAndSum, fold32, sumHeader, sumWord } from "../../base/checksum";
import { NEVER, now } from "../../base/clock";
import { ETHERNET_HEADER_BYTES, FRAME_OFFSET, HEADROOM, IP_HEADER_BYTES, TCP_HEADER_BYTES } from "../../base/config";
import { count } from "../../base/counters";
import { Packet, PacketFlag, release, takePacket } from "../../device/packet";
import { findPath, isPathGood, Path, sendIp } from "../../ip/output";
import { Protocol } from "../../ip/protocol";
import { awaitPacket, descriptorOf } from "../endpoint";
import { Flow } from "../flow";
import { isNewText, marksToSend, tosOf } from "./ecn";
import { CHECKSUM, FLAGS, Flag, writeTcpHeader } from "./header";
import {
  MOST_OPTION_BYTES,
  synOptionBytes,
  TIMESTAMP_ROOM,
  timestamp,
  WINDOW_SHIFT,
  writeSynOptions,
  writeTimestamps,
} from "./options";
import { chooseWindow, textPerPacket, UNSCALED_PACKETS } from "./room";
import { writeSack } from "./sack-report";
import { seqMax, seqMin } from "./seq";
import { Mark, Tcb } from "./tcb";
import { writeUrgentPointer } from "./urgent";

/**
 * Puts the checksum into a segment whose header of `headerBytes` is in front of its text, of which the sum is
 * `textSum`, and sends it. 0, or a negative errno. The caller keeps its hold.
 */
export function sendSegment(
  packet: Packet,
  flow: Flow,
  path: Path,
  headerBytes: u32,
  textSum: u32,
  ttl: u32,
  tos: u32,
  dontFragment: bool = true,
): i32 {
  const p = packet.data;
  const pseudo = sumWord(flow.local3) + sumWord(flow.remote3) + bswap16(Protocol.TCP);
  const sum = pseudo + bswap16(packet.length) + sumHeader(p, headerBytes) + textSum;
  store<u16>(p, <u16>~fold32(sum), CHECKSUM);
  count(Counter.TcpOutSegs);
  return sendIp(packet, path, flow.local, flow.remote, Protocol.TCP, ttl, tos, dontFragment);
}

/** The way to the peer, looked up anew when the old one may have become wrong. False: there is none now. */
function hasPath(tcb: Tcb): bool {
  return isPathGood(tcb.path) || findPath(tcb.path, tcb.remote, tcb.adapter) == 0;
}

/** The window to advertise; from here on the peer may rely on it. */
function advertise(tcb: Tcb, syn: bool): u32 {
  const shift: u32 = tcb.is(Mark.SCALED) && !syn ? WINDOW_SHIFT : 0;
  // Rounded up, since an edge that was advertised must not come back; a packet has more room than its MSS to cover that.
  const most: u32 = syn ? UNSCALED_PACKETS * textPerPacket(tcb.is(Mark.TIMESTAMPS)) : 65535;
  const window = min<u32>((chooseWindow(tcb) + (1 << shift) - 1) >> shift, most);
  tcb.rcvEdge = seqMax(tcb.rcvEdge, tcb.rcvNxt + (window << shift));
  return window;
}

// Every segment carries the ACK, so that none is owed any more.
function acknowledged(tcb: Tcb): void {
  tcb.unmark(Mark.ACK_NOW);
  tcb.ackAt = NEVER;
  tcb.unacked = 0;
  tcb.lastAckSent = tcb.rcvNxt;
  tcb.sentAt = now();
}

function writeHeader(tcb: Tcb, at: usize, seq: u32, ack: u32, headerBytes: u32, flags: u32): void {
  const window = advertise(tcb, (flags & Flag.SYN) != 0);
  writeTcpHeader(at, tcb.localPort, tcb.remotePort, seq, ack, headerBytes, flags, window);
  const urgent = writeUrgentPointer(tcb, at, seq);
  if (urgent) store<u8>(at, <u8>(flags | urgent), FLAGS);
}

// Bytes of a header with the options that every segment but a SYN carries.
function headerBytesOf(tcb: Tcb): u32 {
  return tcb.is(Mark.TIMESTAMPS) ? TCP_HEADER_BYTES + TIMESTAMP_ROOM : TCP_HEADER_BYTES;
}

/** Sends a packet of the send queue as it is. Its headers are written into its headroom. */
export function sendWhole(tcb: Tcb, packet: Packet, seq: u32, flags: u32): bool {
  assert(!packet.has(PacketFlag.ON_ITS_WAY), "sent while it is still on its way");
  if (!hasPath(tcb)) return false;
  packet.data = packet.payload;
  packet.length = packet.bytes;
  packet.owner = descriptorOf(tcb);
  sendText(tcb, packet, packet.sum, seq, flags);
  return true;
}

/**
 * Sends `bytes` bytes from the middle of the send queue in a packet of their own. False when there is no packet, or no
 * way to the peer.
 */
export function sendCopy(tcb: Tcb, text: usize, bytes: u32, seq: u32, flags: u32): bool {
  if (!hasPath(tcb)) return false;
  const packet = takePacket();
  if (!packet) return false;
  packet.owner = descriptorOf(tcb);
  packet.data = packet.buffer + HEADROOM;
  packet.length = bytes;
  sendText(tcb, packet, copyAndSum(packet.data, text, bytes), seq, flags);
  release(packet);
  return true;
}

// Puts the header in front of the text in view, of which the sum is `sum`, and sends.
function sendText(tcb: Tcb, packet: Packet, sum: u32, seq: u32, flags: u32): void {
  const headerBytes = headerBytesOf(tcb);
  const at = packet.push(headerBytes);
  const isNew = isNewText(tcb, seq);
  flags |= marksToSend(tcb, isNew);
  writeHeader(tcb, at, seq, tcb.rcvNxt, headerBytes, flags);
  if (tcb.is(Mark.TIMESTAMPS)) writeTimestamps(at + TCP_HEADER_BYTES, timestamp(tcb.tsOffset), tcb.tsRecent);
  sendSegment(packet, tcb, tcb.path, headerBytes, sum, tcb.ttl, tosOf(tcb, isNew), !tcb.is(Mark.MAY_FRAGMENT));
  acknowledged(tcb);
}

/** Sends a segment without text: SYN, ACK, FIN, RST. False when there is no packet, or no way to the peer. */
export function sendEmpty(tcb: Tcb, seq: u32, flags: u32): bool {
  if (!hasPath(tcb)) return false;
  const packet = takePacket();
  if (!packet) return false;
  packet.owner = descriptorOf(tcb);
  const at = packet.buffer + FRAME_OFFSET + ETHERNET_HEADER_BYTES + IP_HEADER_BYTES;
  const isSyn = (flags & Flag.SYN) != 0;
  const ack = flags & Flag.ACK ? tcb.rcvNxt : 0;
  const headerBytes = TCP_HEADER_BYTES + writeOptions(tcb, at, isSyn, ack != 0);
  packet.data = at;
  packet.length = headerBytes;
  if (!isSyn) flags |= marksToSend(tcb, false);
  writeHeader(tcb, at, seq, ack, headerBytes, flags);
  sendSegment(packet, tcb, tcb.path, headerBytes, 0, tcb.ttl, tcb.tos);
  release(packet);
  acknowledged(tcb);
  return true;
}

// Writes the options of a segment without text, whose header is at `at`; how many bytes they take.
function writeOptions(tcb: Tcb, at: usize, isSyn: bool, hasAck: bool): u32 {
  const value = timestamp(tcb.tsOffset);
  if (isSyn) {
    writeSynOptions(at, tcb.agreed, value, hasAck ? tcb.tsRecent : 0);
    return synOptionBytes(tcb.agreed);
  }
  let bytes: u32 = 0;
  if (tcb.is(Mark.TIMESTAMPS)) {
    writeTimestamps(at + TCP_HEADER_BYTES, value, tcb.tsRecent);
    bytes = TIMESTAMP_ROOM;
  }
  if (tcb.is(Mark.SACK)) bytes += writeSack(tcb, at + TCP_HEADER_BYTES + bytes, MOST_OPTION_BYTES - bytes);
  return bytes;
}

/**
 * The sequence number of a segment without text: SND.NXT, or where the peer's window ends when that comes first. A
 * peer whose window has shut over what is in flight refuses anything beyond, and two that refuse each other's ACKs would
 * answer each other for ever.
 */
export function acceptableSeq(tcb: Tcb): u32 {
  return seqMin(tcb.sndNxt, tcb.sndUna + tcb.sndWnd);
}

/** An ACK without text (RFC 9293: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>). With no packet left it stays due. */
export function sendAck(tcb: Tcb): void {
  if (sendEmpty(tcb, acceptableSeq(tcb), Flag.ACK)) return;
  count(Counter.TcpNoBuffers);
  tcb.mark(Mark.ACK_NOW);
  awaitPacket(tcb);
}
