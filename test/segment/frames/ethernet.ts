// Ethernet II frames (RFC 894, RFC 2464).

export const ETHER_IPV4 = 0x0800;
export const ETHER_ARP = 0x0806;
export const ETHER_IPV6 = 0x86dd;

export const ETHERNET_HEADER = 14;
/** Shortest Ethernet frame without its FCS, in bytes. */
const SHORTEST_FRAME = 60;

export function buildEthernet(destination: Uint8Array, source: Uint8Array, type: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(Math.max(SHORTEST_FRAME, ETHERNET_HEADER + body.length));
  frame.set(destination, 0);
  frame.set(source, 6);
  new DataView(frame.buffer).setUint16(12, type);
  frame.set(body, ETHERNET_HEADER);
  return frame;
}
