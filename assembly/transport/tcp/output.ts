// Segments on the way out: a header in front of what is to be sent, checksum, IP.

import { Counter } from "../../abi/counters";
import { bswap16 } from "../../base/bytes";
import { copyAndSum, fold32, sumHeader, sumWord } from "../../base/checksum";
import { NEVER, now } from "../../base/clock";
import { HEADROOM, TCP_HEADER_BYTES } from "../../base/config";
import { count } from "../../base/counters";
import { Packet, PacketFlag, release, takePacket } from "../../device/packet";
import { Protocol } from "../../ip/header";
import { findPath, isPathGood, Path, sendIp } from "../../ip/output";
import { awaitPacket, descriptorOf } from "../endpoint";
import { Flow } from "../flow";
import { CHECKSUM, Flag, writeTcpHeader } from "./header";
import { synOptionBytes, TIMESTAMP_ROOM, timestamp, WINDOW_SHIFT, writeSynOptions, writeTimestamps } from "./options";
import { chooseWindow, textPerPacket, UNSCALED_PACKETS } from "./room";
import { seqMax, seqMin } from "./seq";
import { Mark, Tcb } from "./tcb";

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
): i32 {
  const p = packet.data;
  const pseudo = sumWord(flow.local3) + sumWord(flow.remote3) + bswap16(Protocol.TCP);
  const sum = pseudo + bswap16(packet.length) + sumHeader(p, headerBytes) + textSum;
  store<u16>(p, <u16>~fold32(sum), CHECKSUM);
  count(Counter.TcpOutSegs);
  return sendIp(packet, path, flow.local, flow.remote, Protocol.TCP, ttl, tos, true);
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
  packet.transmissions++;
  packet.sentAt = <u32>now();
  const headerBytes = headerBytesOf(tcb);
  const at = packet.push(headerBytes);
  writeTcpHeader(at, tcb.localPort, tcb.remotePort, seq, tcb.rcvNxt, headerBytes, flags, advertise(tcb, false));
  if (tcb.is(Mark.TIMESTAMPS)) writeTimestamps(at + TCP_HEADER_BYTES, timestamp(tcb.tsOffset), tcb.tsRecent);
  sendSegment(packet, tcb, tcb.path, headerBytes, packet.sum, tcb.ttl, tcb.tos);
  acknowledged(tcb);
  return true;
}

/**
 * Sends `bytes` bytes from the middle of the send queue, or none, in a packet of their own. False when there is no
 * packet, or no way to the peer.
 */
export function sendCopy(tcb: Tcb, text: usize, bytes: u32, seq: u32, flags: u32): bool {
  if (!hasPath(tcb)) return false;
  const packet = takePacket();
  if (!packet) return false;
  packet.owner = descriptorOf(tcb);
  packet.data = packet.buffer + HEADROOM;
  packet.length = bytes;
  const sum = bytes ? copyAndSum(packet.data, text, bytes) : 0;
  const isSyn = (flags & Flag.SYN) != 0;
  const headerBytes = isSyn ? TCP_HEADER_BYTES + synOptionBytes(tcb.agreed) : headerBytesOf(tcb);
  const ack = flags & Flag.ACK ? tcb.rcvNxt : 0;
  const at = packet.push(headerBytes);
  writeTcpHeader(at, tcb.localPort, tcb.remotePort, seq, ack, headerBytes, flags, advertise(tcb, isSyn));
  const value = timestamp(tcb.tsOffset);
  if (isSyn) writeSynOptions(at, tcb.agreed, value, ack ? tcb.tsRecent : 0);
  else if (tcb.is(Mark.TIMESTAMPS)) writeTimestamps(at + TCP_HEADER_BYTES, value, tcb.tsRecent);
  sendSegment(packet, tcb, tcb.path, headerBytes, sum, tcb.ttl, tcb.tos);
  release(packet);
  acknowledged(tcb);
  return true;
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
  if (sendCopy(tcb, 0, 0, acceptableSeq(tcb), Flag.ACK)) return;
  count(Counter.TcpNoBuffers);
  tcb.mark(Mark.ACK_NOW);
  awaitPacket(tcb);
}
