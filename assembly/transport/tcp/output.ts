// Segments on the way out: a header in front of what is to be sent, checksum, IP.

import { USER_TIMEOUT_OPTION } from "profile";
import { Counter } from "../../abi/counters";
import { copyAndSum } from "../../base/checksum";
import { NEVER, now } from "../../base/clock";
import {
  ETHERNET_HEADER_BYTES,
  FRAME_OFFSET,
  HEADROOM,
  IP_HEADER_ROOM,
  LINKS_DIFFER,
  TCP_HEADER_BYTES,
  TCP_OPTION_ROOM,
} from "../../base/config";
import { count } from "../../base/counters";
import { Packet, PacketFlag, release, takePacket } from "../../device/packet";
import { findPath, isPathGood } from "../../ip/output";
import { awaitPacket, descriptorOf } from "../endpoint";
import { isNewText, marksToSend, tosOf } from "./ecn";
import { sendSegment } from "./emit";
import { FLAGS, Flag, writeTcpHeader } from "./header";
import { offeredMss, textPerPacket } from "./mss";
import {
  MOST_OPTION_BYTES,
  synOptionBytes,
  TIMESTAMP_ROOM,
  timestamp,
  USER_TIMEOUT_BYTES,
  WINDOW_SHIFT,
  writeSynOptions,
  writeTimestamps,
} from "./options";
import { setSendMss } from "./path";
import { chooseWindow, UNSCALED_PACKETS } from "./room";
import { collectReport, hasReport, LEAST_REPORT, writeReport } from "./sack-report";
import { seqMax, seqMin } from "./seq";
import { Mark, Tcb } from "./tcb";
import { writeUrgentPointer } from "./urgent";
import { talksOfTimeout, timeoutBytes, writeUserTimeout } from "./user-timeout";

/** The way to the peer, looked up anew when the old one may have become wrong. False: there is none now. */
function hasPath(tcb: Tcb): bool {
  if (isPathGood(tcb.path)) return true;
  if (findPath(tcb.path, tcb.remote, tcb.adapter) != 0) return false;
  if (LINKS_DIFFER && tcb.peerMss) setSendMss(tcb); // another link may carry less
  return true;
}

/** The window to advertise; from here on the peer may rely on it. */
function advertise(tcb: Tcb, syn: bool): u32 {
  const shift: u32 = tcb.is(Mark.SCALED) && !syn ? WINDOW_SHIFT : 0;
  // Rounded up, since an edge that was advertised must not come back; a packet has more room than its MSS to cover that.
  const most: u32 = syn ? UNSCALED_PACKETS * textPerPacket(tcb, tcb.is(Mark.TIMESTAMPS)) : 65535;
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
  const report = hasReport(tcb) ? reportBeside(tcb, packet.length) : 0;
  const tells = USER_TIMEOUT_OPTION && tcb.timeoutDue > 0;
  const timeout = tells ? timeoutBytes(tcb, optionRoom(tcb, packet.length) - report) : 0;
  const headerBytes = headerBytesOf(tcb) + report + timeout;
  const at = packet.push(headerBytes);
  writeReport(at + headerBytes - timeout - report, report);
  if (tells && timeout) writeUserTimeout(tcb, at + headerBytes - timeout);
  const isNew = isNewText(tcb, seq);
  flags |= marksToSend(tcb, isNew);
  writeHeader(tcb, at, seq, tcb.rcvNxt, headerBytes, flags);
  if (tcb.is(Mark.TIMESTAMPS)) writeTimestamps(at + TCP_HEADER_BYTES, timestamp(tcb.tsOffset), tcb.tsRecent);
  const mayFragment = tcb.is(Mark.MAY_FRAGMENT);
  sendSegment(packet, tcb.path, tcb.local, tcb.remote, headerBytes, sum, tcb.ttl, tosOf(tcb, isNew), !mayFragment);
  acknowledged(tcb);
}

// Bytes that further options may take beside `textBytes` of text: those that the headroom has, and the segment.
function optionRoom(tcb: Tcb, textBytes: u32): u32 {
  const inSegment = <i32>tcb.sndMss - <i32>textBytes; // below 0 where the path has just become narrower
  return max<i32>(min<i32>(TCP_HEADER_BYTES + TCP_OPTION_ROOM - headerBytesOf(tcb), inSegment), 0);
}

// Collects what an ACK has to tell beside `textBytes` of text; the bytes of the option. There is room for it where there
// are no timestamps and the segment is not full. Else it goes with an ACK of its own, if one is due.
function reportBeside(tcb: Tcb, textBytes: u32): u32 {
  const room = optionRoom(tcb, textBytes);
  if (room >= LEAST_REPORT) return collectReport(tcb, room);
  if (tcb.is(Mark.ACK_NOW) || tcb.ackAt != NEVER) tcb.acksDue = max<u8>(tcb.acksDue, 1);
  return 0;
}

/** Sends a segment without text: SYN, ACK, FIN, RST. False when there is no packet, or no way to the peer. */
export function sendEmpty(tcb: Tcb, seq: u32, flags: u32): bool {
  if (!hasPath(tcb)) return false;
  const packet = takePacket();
  if (!packet) return false;
  packet.owner = descriptorOf(tcb);
  const at = packet.buffer + FRAME_OFFSET + ETHERNET_HEADER_BYTES + IP_HEADER_ROOM;
  const isSyn = (flags & Flag.SYN) != 0;
  const ack = flags & Flag.ACK ? tcb.rcvNxt : 0;
  const headerBytes = TCP_HEADER_BYTES + writeOptions(tcb, at, isSyn, ack != 0);
  packet.data = at;
  packet.length = headerBytes;
  if (!isSyn) flags |= marksToSend(tcb, false);
  writeHeader(tcb, at, seq, ack, headerBytes, flags);
  sendSegment(packet, tcb.path, tcb.local, tcb.remote, headerBytes, 0, tcb.ttl, tcb.tos);
  release(packet);
  acknowledged(tcb);
  return true;
}

// Writes the options of a segment without text, whose header is at `at`; how many bytes they take.
function writeOptions(tcb: Tcb, at: usize, isSyn: bool, hasAck: bool): u32 {
  const value = timestamp(tcb.tsOffset);
  if (isSyn) {
    writeSynOptions(at, offeredMss(tcb), tcb.agreed, value, hasAck ? tcb.tsRecent : 0);
    const bytes = synOptionBytes(tcb.agreed);
    if (!USER_TIMEOUT_OPTION || !talksOfTimeout(tcb)) return bytes;
    writeUserTimeout(tcb, at + TCP_HEADER_BYTES + bytes);
    return bytes + USER_TIMEOUT_BYTES;
  }
  let bytes: u32 = 0;
  if (tcb.is(Mark.TIMESTAMPS)) {
    writeTimestamps(at + TCP_HEADER_BYTES, value, tcb.tsRecent);
    bytes = TIMESTAMP_ROOM;
  }
  if (hasReport(tcb)) {
    const report = collectReport(tcb, MOST_OPTION_BYTES - bytes);
    writeReport(at + TCP_HEADER_BYTES + bytes, report);
    bytes += report;
  }
  if (USER_TIMEOUT_OPTION) {
    const timeout = timeoutBytes(tcb, MOST_OPTION_BYTES - bytes);
    if (timeout) writeUserTimeout(tcb, at + TCP_HEADER_BYTES + bytes);
    bytes += timeout;
  }
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
