// Explicit congestion notification, as a queue on the way does it: a packet that allows it is marked (RFC 3168 §5).

const HEADER_BYTES = 14;
const TYPE_AT = 12;
const VLAN_TAG_BYTES = 4;
const [VLAN, IPV4, IPV6] = [0x8100, 0x0800, 0x86dd];
/** The field's two bits: neither mark, one of two that allow it, or marked. */
const NOT_ECT = 0;
const CE = 3;

/**
 * Marks the packet in `frame` in its place, with IPv4's checksum put right. True when it is marked now and was not before; false
 * where its sender does not take part, and for frames without an IP packet.
 */
export function markCongestion(frame: Uint8Array): boolean {
  const tag = typeAt(frame, TYPE_AT) === VLAN ? VLAN_TAG_BYTES : 0;
  const type = typeAt(frame, TYPE_AT + tag);
  const packet = frame.subarray(HEADER_BYTES + tag);
  if (type === IPV4 && packet.length >= 20) return markV4(packet);
  if (type === IPV6 && packet.length >= 40) return markV6(packet);
  return false;
}

function typeAt(frame: Uint8Array, at: number): number {
  return ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0);
}

function markV4(packet: Uint8Array): boolean {
  const old = packet[1] & CE;
  if (old === NOT_ECT || old === CE) return false;
  packet[1] |= CE;
  // The changed half-word's difference, in one's complement (RFC 1624 §3).
  const sum = (~((packet[10] << 8) | packet[11]) & 0xffff) + (CE - old);
  const checksum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
  packet[10] = checksum >> 8;
  packet[11] = checksum & 0xff;
  return true;
}

// The traffic class begins in the second half of the first byte: the two bits are in the middle of the second.
function markV6(packet: Uint8Array): boolean {
  const old = (packet[1] >> 4) & CE;
  if (old === NOT_ECT || old === CE) return false;
  packet[1] |= CE << 4;
  return true;
}
