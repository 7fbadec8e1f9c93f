// Bytes of frames: builds and reads Ethernet, ARP, IPv4, TCP, UDP and ICMP as a careful peer would. It shares no code
// with the stack it judges. Reading checks every length and checksum and throws `FrameError` with a sentence.

export const ETHER_IPV4 = 0x0800;
export const ETHER_ARP = 0x0806;
export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;

/** Shortest Ethernet frame without its FCS, in bytes. */
const SHORTEST_FRAME = 60;

/** TCP's control bits, by the letters that scripts use. */
export const FLAG_BITS: Readonly<Record<string, number>> = {
  F: 0x01,
  S: 0x02,
  R: 0x04,
  P: 0x08,
  ".": 0x10,
  U: 0x20,
  E: 0x40,
  W: 0x80,
};

/** A frame that breaks a rule of its format. */
export class FrameError extends Error {
  readonly code = "EFRAME";
}

/** Not a TCP option: `data` stands in the header as it is, for options that break the rules. */
export const RAW_OPTION = -1;

/** One TCP option: `kind` as in the header (or `RAW_OPTION`), `data` without kind and length. */
export interface TcpOption {
  kind: number;
  data: Uint8Array;
}

export interface TcpSegment {
  sourcePort: number;
  destinationPort: number;
  /** Absolute sequence numbers, 0 to 2^32-1. */
  seq: number;
  ack: number;
  flags: number;
  window: number;
  urgent: number;
  options: TcpOption[];
  payload: Uint8Array;
}

export interface UdpDatagram {
  sourcePort: number;
  destinationPort: number;
  payload: Uint8Array;
}

export interface IcmpMessage {
  type: number;
  code: number;
  /** The four bytes after the checksum: identifier and sequence number, next-hop MTU, or unused. */
  rest: number;
  payload: Uint8Array;
}

export interface ArpPacket {
  operation: number;
  senderMac: Uint8Array;
  senderIp: Uint8Array;
  targetMac: Uint8Array;
  targetIp: Uint8Array;
}

export interface Ipv4Header {
  source: Uint8Array;
  destination: Uint8Array;
  protocol: number;
  ttl: number;
  identification: number;
  tos: number;
}

/** A frame taken apart. Exactly one of the upper four is present. */
export interface ReadFrame {
  destination: Uint8Array;
  source: Uint8Array;
  ip?: Ipv4Header;
  /** The IP packet's bytes, for quoting in an ICMP error. */
  packet?: Uint8Array;
  tcp?: TcpSegment;
  udp?: UdpDatagram;
  icmp?: IcmpMessage;
  arp?: ArpPacket;
}

/** The Internet checksum (RFC 1071) of `bytes`, on top of `initial`, the sum of what was added before. */
export function checksum(bytes: Uint8Array, initial = 0): number {
  let sum = initial;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function pseudoHeaderSum(source: Uint8Array, destination: Uint8Array, protocol: number, bytes: number): number {
  const words = concat([source, destination]);
  return (~checksum(words) & 0xffff) + protocol + bytes;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

// ---- building ----------------------------------------------------------------------------------------------------

export function buildEthernet(destination: Uint8Array, source: Uint8Array, type: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(Math.max(SHORTEST_FRAME, 14 + body.length));
  frame.set(destination, 0);
  frame.set(source, 6);
  new DataView(frame.buffer).setUint16(12, type);
  frame.set(body, 14);
  return frame;
}

export function buildArp(arp: ArpPacket): Uint8Array {
  const fixed = new Uint8Array([0, 1, 8, 0, 6, 4, 0, arp.operation]);
  return concat([fixed, arp.senderMac, arp.senderIp, arp.targetMac, arp.targetIp]);
}

/** An IPv4 packet. `damage` spoils the header's checksum; `options` are whole words. */
export function buildIpv4(
  header: Ipv4Header,
  payload: Uint8Array,
  damage = false,
  options: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const headerBytes = 20 + options.length;
  const packet = new Uint8Array(headerBytes + payload.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x40 | (headerBytes / 4);
  packet[1] = header.tos;
  view.setUint16(2, packet.length);
  view.setUint16(4, header.identification);
  packet[8] = header.ttl;
  packet[9] = header.protocol;
  packet.set(header.source, 12);
  packet.set(header.destination, 16);
  packet.set(options, 20);
  view.setUint16(10, checksum(packet.subarray(0, headerBytes)) ^ (damage ? 1 : 0));
  packet.set(payload, headerBytes);
  return packet;
}

/** Options as they stand in the header, filled up with zeros to whole words. */
function buildOptions(options: readonly TcpOption[]): Uint8Array {
  const bytes: number[] = [];
  for (const option of options) {
    if (option.kind === RAW_OPTION) bytes.push(...option.data);
    else if (option.kind <= 1) bytes.push(option.kind);
    else bytes.push(option.kind, option.data.length + 2, ...option.data);
  }
  while (bytes.length % 4 !== 0) bytes.push(0);
  return Uint8Array.from(bytes);
}

/** A TCP segment with its checksum. `damage` spoils the checksum. */
export function buildTcp(tcp: TcpSegment, source: Uint8Array, destination: Uint8Array, damage = false): Uint8Array {
  const options = buildOptions(tcp.options);
  const bytes = concat([new Uint8Array(20), options, tcp.payload]);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, tcp.sourcePort);
  view.setUint16(2, tcp.destinationPort);
  view.setUint32(4, tcp.seq >>> 0);
  view.setUint32(8, tcp.ack >>> 0);
  bytes[12] = ((20 + options.length) / 4) << 4;
  bytes[13] = tcp.flags;
  view.setUint16(14, tcp.window);
  view.setUint16(18, tcp.urgent);
  const sum = checksum(bytes, pseudoHeaderSum(source, destination, PROTOCOL_TCP, bytes.length));
  view.setUint16(16, sum ^ (damage ? 1 : 0));
  return bytes;
}

export function buildUdp(udp: UdpDatagram, source: Uint8Array, destination: Uint8Array): Uint8Array {
  const bytes = concat([new Uint8Array(8), udp.payload]);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, udp.sourcePort);
  view.setUint16(2, udp.destinationPort);
  view.setUint16(4, bytes.length);
  view.setUint16(6, checksum(bytes, pseudoHeaderSum(source, destination, PROTOCOL_UDP, bytes.length)) || 0xffff);
  return bytes;
}

export function buildIcmp(icmp: IcmpMessage): Uint8Array {
  const bytes = concat([new Uint8Array(8), icmp.payload]);
  const view = new DataView(bytes.buffer);
  bytes[0] = icmp.type;
  bytes[1] = icmp.code;
  view.setUint32(4, icmp.rest);
  view.setUint16(2, checksum(bytes));
  return bytes;
}

// ---- reading -----------------------------------------------------------------------------------------------------

/** Takes a frame from the stack apart. Throws `FrameError` when a length, a checksum or a fixed field is wrong. */
export function readFrame(frame: Uint8Array): ReadFrame {
  demand(frame.length >= 14, `the frame has ${frame.length} bytes, too few for an Ethernet header`);
  const read: ReadFrame = { destination: frame.slice(0, 6), source: frame.slice(6, 12) };
  const type = viewOf(frame).getUint16(12);
  const body = frame.slice(14);
  if (type === ETHER_ARP) read.arp = readArp(body);
  else if (type === ETHER_IPV4) readIpv4(read, body);
  else throw new FrameError(`Ethernet type 0x${type.toString(16)} is neither ARP nor IPv4`);
  return read;
}

function readArp(body: Uint8Array): ArpPacket {
  demand(body.length >= 28, `the ARP packet has ${body.length} bytes instead of 28`);
  demand(equalBytes(body.slice(0, 6), Uint8Array.of(0, 1, 8, 0, 6, 4)), "the ARP packet is not for Ethernet and IPv4");
  return {
    operation: viewOf(body).getUint16(6),
    senderMac: body.slice(8, 14),
    senderIp: body.slice(14, 18),
    targetMac: body.slice(18, 24),
    targetIp: body.slice(24, 28),
  };
}

function readIpv4(read: ReadFrame, body: Uint8Array): void {
  demand(body.length >= 20, "the IPv4 header is cut off");
  const view = viewOf(body);
  const headerBytes = (body[0] & 0x0f) * 4;
  const total = view.getUint16(2);
  demand(body[0] >> 4 === 4, "the IP version is not 4");
  demand(headerBytes >= 20 && headerBytes <= total, `the IPv4 header claims ${headerBytes} bytes`);
  demand(total <= body.length, `the IPv4 packet claims ${total} bytes, the frame carries ${body.length}`);
  demand(checksum(body.subarray(0, headerBytes)) === 0, "the IPv4 header checksum is wrong");
  demand((view.getUint16(6) & 0x3fff) === 0, "the IPv4 packet is a fragment");
  demand(body[8] !== 0, "the IPv4 packet left with TTL 0");
  const padding = body.subarray(total);
  demand(
    padding.every((byte) => byte === 0),
    "the Ethernet padding is not zero, so it shows old memory",
  );
  const ip: Ipv4Header = {
    source: body.slice(12, 16),
    destination: body.slice(16, 20),
    protocol: body[9],
    ttl: body[8],
    identification: view.getUint16(4),
    tos: body[1],
  };
  read.ip = ip;
  read.packet = body.slice(0, total);
  const payload = body.slice(headerBytes, total);
  if (ip.protocol === PROTOCOL_TCP) read.tcp = readTcp(ip, payload);
  else if (ip.protocol === PROTOCOL_UDP) read.udp = readUdp(ip, payload);
  else if (ip.protocol === PROTOCOL_ICMP) read.icmp = readIcmp(payload);
  else throw new FrameError(`IP protocol ${ip.protocol} is none that the stack speaks`);
}

function readTcp(ip: Ipv4Header, bytes: Uint8Array): TcpSegment {
  demand(bytes.length >= 20, "the TCP header is cut off");
  const view = viewOf(bytes);
  const offset = (bytes[12] >> 4) * 4;
  demand(offset >= 20 && offset <= bytes.length, `the TCP data offset is ${offset} bytes`);
  demand((bytes[12] & 0x0f) === 0, "reserved bits of the TCP header are set");
  const sum = checksum(bytes, pseudoHeaderSum(ip.source, ip.destination, PROTOCOL_TCP, bytes.length));
  demand(sum === 0, "the TCP checksum is wrong");
  const flags = bytes[13];
  const options = readOptions(bytes.subarray(20, offset));
  const isSyn = (flags & FLAG_BITS.S) !== 0;
  demand(isSyn || !options.some((option) => option.kind === 2), "an MSS option on a segment without SYN");
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags,
    window: view.getUint16(14),
    urgent: view.getUint16(18),
    options,
    payload: bytes.slice(offset),
  };
}

function readOptions(bytes: Uint8Array): TcpOption[] {
  const options: TcpOption[] = [];
  let at = 0;
  while (at < bytes.length) {
    const kind = bytes[at];
    if (kind === 0) {
      const padding = bytes.subarray(at);
      demand(
        padding.every((byte) => byte === 0),
        "the TCP header's padding is not zero",
      );
      break;
    }
    if (kind === 1) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    demand(length >= 2 && at + length <= bytes.length, `TCP option ${kind} has length ${length}`);
    options.push({ kind, data: bytes.slice(at + 2, at + length) });
    at += length;
  }
  return options;
}

function readUdp(ip: Ipv4Header, bytes: Uint8Array): UdpDatagram {
  demand(bytes.length >= 8, "the UDP header is cut off");
  const view = viewOf(bytes);
  demand(view.getUint16(4) === bytes.length, `UDP length ${view.getUint16(4)} in a payload of ${bytes.length} bytes`);
  const sum = checksum(bytes, pseudoHeaderSum(ip.source, ip.destination, PROTOCOL_UDP, bytes.length));
  demand(sum === 0, "the UDP checksum is wrong");
  return { sourcePort: view.getUint16(0), destinationPort: view.getUint16(2), payload: bytes.slice(8) };
}

function readIcmp(bytes: Uint8Array): IcmpMessage {
  demand(bytes.length >= 8, "the ICMP header is cut off");
  demand(checksum(bytes) === 0, "the ICMP checksum is wrong");
  const view = viewOf(bytes);
  return { type: bytes[0], code: bytes[1], rest: view.getUint32(4), payload: bytes.slice(8) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function demand(holds: boolean, sentence: string): void {
  if (!holds) throw new FrameError(sentence);
}
