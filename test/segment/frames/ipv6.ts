// IPv6 packets with their extension headers (RFC 8200).

import { concat, demand, fillUp, fourBytes, isZero, viewOf } from "./bytes.ts";
import {
  type ExtensionHeader,
  type IpHeader,
  type IpPacket,
  type Piece,
  PROTOCOL_DESTINATION,
  PROTOCOL_FRAGMENT,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ROUTING,
} from "./ip.ts";

const FIXED_HEADER = 40;
const FRAGMENT_HEADER = 8;
/** Options that only fill up (RFC 8200 §4.2). */
const PAD_1 = 0;
const PAD_N = 1;

/** The data of hop-by-hop and destination options, padded to a whole header (RFC 8200 §4.2). */
export function padOptions(options: Uint8Array): Uint8Array {
  const missing = (((6 - options.length) % 8) + 8) % 8;
  if (missing === 0) return options;
  if (missing === 1) return concat([options, Uint8Array.of(PAD_1)]);
  return concat([options, Uint8Array.of(PAD_N, missing - 2), new Uint8Array(missing - 2)]);
}

/** An IPv6 packet: its extension headers in the order given, behind them a fragment header if it is a fragment. */
export function buildIpv6(header: IpHeader, payload: Uint8Array): Uint8Array {
  const { extensions = [], fragment, identification } = header;
  const numbers = [...extensions.map(({ protocol }) => protocol), ...(fragment ? [PROTOCOL_FRAGMENT] : [])];
  const nextOf = (index: number): number => numbers[index + 1] ?? header.protocol;
  const headers = extensions.map((extension, i) => buildExtension(extension, nextOf(i)));
  if (fragment) headers.push(buildFragmentHeader(fragment, identification, header.protocol));
  const body = concat([...headers, payload]);

  const fixed = new Uint8Array(FIXED_HEADER);
  const view = viewOf(fixed);
  view.setUint32(0, ((6 << 28) | (header.tos << 20) | (header.flowLabel ?? 0)) >>> 0);
  view.setUint16(4, body.length);
  fixed[6] = numbers[0] ?? header.protocol;
  fixed[7] = header.ttl;
  fixed.set(header.source, 8);
  fixed.set(header.destination, 24);
  return concat([fixed, body]);
}

function buildExtension({ data }: ExtensionHeader, next: number): Uint8Array {
  const filled = fillUp(data, 8, 6);
  return concat([Uint8Array.of(next, (filled.length + 2) / 8 - 1), filled]);
}

function buildFragmentHeader({ offset, more }: Piece, identification: number, next: number): Uint8Array {
  const word = (offset & 0xfff8) | (more ? 1 : 0);
  return concat([Uint8Array.of(next, 0, word >> 8, word & 0xff), fourBytes(identification)]);
}

/** Takes the packet apart that `body`, of an Ethernet frame, begins with. Throws `FrameError`. */
export function readIpv6(body: Uint8Array): IpPacket {
  demand(body.length >= FIXED_HEADER, "the IPv6 header is cut off");
  const view = viewOf(body);
  const total = FIXED_HEADER + view.getUint16(4);
  demand(body[0] >> 4 === 6, "the IP version is not 6");
  demand(total <= body.length, `the IPv6 packet claims ${total} bytes, the frame carries ${body.length}`);
  demand(body[7] !== 0, "the IPv6 packet left with hop limit 0");
  demand(isZero(body.subarray(total)), "the Ethernet padding is not zero, so it shows old memory");
  const ip: IpHeader = {
    source: body.slice(8, 24),
    destination: body.slice(24, 40),
    protocol: body[6],
    ttl: body[7],
    identification: 0,
    tos: (view.getUint16(0) >> 4) & 0xff,
    flowLabel: view.getUint32(0) & 0xfffff,
    extensions: [],
  };
  const packet = body.slice(0, total);
  const payload = packet.slice(readChain(ip, packet));
  if (ip.fragment) demandPiece(ip.fragment, payload.length);
  return { ip, packet, payload };
}

/** Goes through the extension headers and notes them in `ip`; returns where the payload begins. */
function readChain(ip: IpHeader, packet: Uint8Array): number {
  let at = FIXED_HEADER;
  for (;;) {
    if (ip.protocol === PROTOCOL_FRAGMENT) {
      at = readFragmentHeader(ip, packet, at);
      // What follows in a later fragment is the middle of something.
      if (ip.fragment && ip.fragment.offset > 0) return at;
    } else if (isExtension(ip.protocol)) {
      at = readExtension(ip, packet, at);
    } else {
      return at;
    }
  }
}

function isExtension(protocol: number): boolean {
  return [PROTOCOL_HOP_BY_HOP, PROTOCOL_ROUTING, PROTOCOL_DESTINATION].includes(protocol);
}

function readExtension(ip: IpHeader, packet: Uint8Array, at: number): number {
  demand(at + 8 <= packet.length, "an IPv6 extension header is cut off");
  const protocol = ip.protocol;
  const end = at + (packet[at + 1] + 1) * 8;
  demand(end <= packet.length, `the extension header ${protocol} claims ${end - at} bytes`);
  demand(protocol !== PROTOCOL_HOP_BY_HOP || at === FIXED_HEADER, "hop-by-hop options do not come first");
  const data = packet.slice(at + 2, end);
  if (protocol !== PROTOCOL_ROUTING) demandOptions(data);
  ip.extensions?.push({ protocol, data });
  ip.protocol = packet[at];
  return end;
}

/** Demands that hop-by-hop or destination options fill their header exactly, and that what fills up is zero. */
function demandOptions(data: Uint8Array): void {
  let at = 0;
  while (at < data.length) {
    if (data[at] === PAD_1) {
      at += 1;
      continue;
    }
    const end = at + 2 + (data[at + 1] ?? data.length);
    demand(end <= data.length, `IPv6 option ${data[at]} ends behind its header`);
    demand(data[at] !== PAD_N || isZero(data.subarray(at + 2, end)), "the padding of IPv6 options is not zero");
    at = end;
  }
}

function readFragmentHeader(ip: IpHeader, packet: Uint8Array, at: number): number {
  demand(at + FRAGMENT_HEADER <= packet.length, "the IPv6 fragment header is cut off");
  demand(ip.fragment === undefined, "the IPv6 packet has two fragment headers");
  const view = viewOf(packet);
  const word = view.getUint16(at + 2);
  demand(packet[at + 1] === 0 && (word & 6) === 0, "reserved bits of the IPv6 fragment header are set");
  ip.fragment = { offset: word & 0xfff8, more: (word & 1) === 1 };
  ip.identification = view.getUint32(at + 4);
  ip.protocol = packet[at];
  return at + FRAGMENT_HEADER;
}

function demandPiece({ offset, more }: Piece, bytes: number): void {
  demand(!more || bytes % 8 === 0, `the IPv6 fragment has ${bytes} bytes, no multiple of 8, and more follow`);
  demand(offset + bytes <= 65535, "the IPv6 fragment ends beyond the longest packet");
}
