// IPv4 packets and fragments (RFC 791).

import { checksum, demand, isZero, viewOf } from "./bytes.ts";
import type { IpHeader, IpPacket } from "./ip.ts";

const FIXED_HEADER = 20;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;

/** An IPv4 packet. `damage` spoils the header's checksum. */
export function buildIpv4(header: IpHeader, payload: Uint8Array, damage = false): Uint8Array {
  const { options = new Uint8Array(0), fragment } = header;
  const headerBytes = FIXED_HEADER + options.length;
  const packet = new Uint8Array(headerBytes + payload.length);
  const view = viewOf(packet);
  packet[0] = 0x40 | (headerBytes / 4);
  packet[1] = header.tos;
  view.setUint16(2, packet.length);
  view.setUint16(4, header.identification);
  const flags = (header.dontFragment ? DONT_FRAGMENT : 0) | (fragment?.more ? MORE_FRAGMENTS : 0);
  view.setUint16(6, flags | ((fragment?.offset ?? 0) >> 3));
  packet[8] = header.ttl;
  packet[9] = header.protocol;
  packet.set(header.source, 12);
  packet.set(header.destination, 16);
  packet.set(options, FIXED_HEADER);
  view.setUint16(10, checksum(packet.subarray(0, headerBytes)) ^ (damage ? 1 : 0));
  packet.set(payload, headerBytes);
  return packet;
}

/** Takes the packet apart that `body`, of an Ethernet frame, begins with. Throws `FrameError`. */
export function readIpv4(body: Uint8Array): IpPacket {
  demand(body.length >= FIXED_HEADER, "the IPv4 header is cut off");
  const view = viewOf(body);
  const headerBytes = (body[0] & 0x0f) * 4;
  const total = view.getUint16(2);
  demand(body[0] >> 4 === 4, "the IP version is not 4");
  demand(headerBytes >= FIXED_HEADER && headerBytes <= total, `the IPv4 header claims ${headerBytes} bytes`);
  demand(total <= body.length, `the IPv4 packet claims ${total} bytes, the frame carries ${body.length}`);
  demand(checksum(body.subarray(0, headerBytes)) === 0, "the IPv4 header checksum is wrong");
  demand(body[8] !== 0, "the IPv4 packet left with TTL 0");
  demand(isZero(body.subarray(total)), "the Ethernet padding is not zero, so it shows old memory");
  const ip: IpHeader = {
    source: body.slice(12, 16),
    destination: body.slice(16, 20),
    protocol: body[9],
    ttl: body[8],
    identification: view.getUint16(4),
    tos: body[1],
    options: body.slice(FIXED_HEADER, headerBytes),
  };
  readFragmentation(ip, view.getUint16(6), total - headerBytes);
  return { ip, packet: body.slice(0, total), payload: body.slice(headerBytes, total) };
}

function readFragmentation(ip: IpHeader, word: number, bytes: number): void {
  demand((word & 0x8000) === 0, "the reserved bit of the IPv4 header is set");
  ip.dontFragment = (word & DONT_FRAGMENT) !== 0;
  const [offset, more] = [(word & OFFSET_MASK) * 8, (word & MORE_FRAGMENTS) !== 0];
  if (offset === 0 && !more) return;
  demand(!ip.dontFragment, "the IPv4 packet is a fragment and must not be fragmented");
  demand(!more || bytes % 8 === 0, `the IPv4 fragment has ${bytes} bytes, no multiple of 8, and more follow`);
  demand(offset + bytes <= 65535, "the IPv4 fragment ends beyond the longest packet");
  ip.fragment = { offset, more };
}
