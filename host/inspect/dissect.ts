// The dissector: an Ethernet frame taken apart into headers, for programs (typed) and for people (fields). It reads
// whatever it is given: a damaged or cut-off frame gives what could be read, and the reasons why there is no more.

import type { Dissection } from "./dissection.ts";
import { bigEndian, FieldReader } from "./fields.ts";
import { readIpv4, readIpv6, versionAt } from "./ip-headers.ts";
import { EtherType, etherTypeText } from "./protocol-names.ts";
import { readCarried } from "./transport-headers.ts";

const ETHERNET_BYTES = 14;
const VLAN_BYTES = 4;
const ARP_BYTES = 28;

/** Takes a frame apart; `frame` begins with the destination address and has no FCS. Never throws. */
export function dissect(frame: Uint8Array): Dissection {
  const result: Dissection = { bytes: frame.length, payload: frame, layers: [], problems: [] };
  if (frame.length < ETHERNET_BYTES) {
    result.problems.push(`Ethernet: ${frame.length} bytes are too few for a header of ${ETHERNET_BYTES}`);
    return result;
  }
  const reader = new FieldReader("Ethernet", frame, 0, ETHERNET_BYTES);
  const destination = reader.mac("destination", 0);
  const source = reader.mac("source", 6);
  const ethernet = { destination, source, etherType: reader.u16("type", 12, etherTypeText) };
  result.ethernet = ethernet;
  result.layers.push(reader.layer);
  result.payload = frame.subarray(ETHERNET_BYTES);
  while (isTag(ethernet.etherType) && readTag(result, frame, ethernet)) {}
  const start = frame.length - result.payload.length;
  if (ethernet.etherType === EtherType.ARP) readArp(result, frame, start);
  if (ethernet.etherType === EtherType.IPV4) readIp(result, frame, { version: 4, start, end: frame.length });
  if (ethernet.etherType === EtherType.IPV6) readIp(result, frame, { version: 6, start, end: frame.length });
  noteRest(result, frame);
  return result;
}

function isTag(etherType: number): boolean {
  return etherType === EtherType.VLAN || etherType === EtherType.PROVIDER_VLAN;
}

// False where the frame ends before the tag does.
function readTag(result: Dissection, frame: Uint8Array, ethernet: { etherType: number }): boolean {
  const start = frame.length - result.payload.length;
  if (frame.length - start < VLAN_BYTES) {
    result.problems.push(`VLAN: ${frame.length - start} bytes are too few for a tag of ${VLAN_BYTES}`);
    return false;
  }
  const reader = new FieldReader("VLAN", frame, start, VLAN_BYTES);
  const priority = reader.bits("priority", 0, 1, 5, 3);
  const dropEligible = reader.flag("drop eligible", 0, 4);
  const vlan = reader.bits("VLAN", 0, 2, 0, 12);
  ethernet.etherType = reader.u16("type", 2, etherTypeText);
  result.vlans = [...(result.vlans ?? []), { vlan, priority, dropEligible }];
  result.layers.push(reader.layer);
  result.payload = frame.subarray(start + VLAN_BYTES);
  return true;
}

function readArp(result: Dissection, frame: Uint8Array, start: number): void {
  if (frame.length - start < ARP_BYTES) {
    result.problems.push(`ARP: ${frame.length - start} bytes are too few for ${ARP_BYTES}`);
    return;
  }
  if (bigEndian(frame, start, 4) !== 0x0001_0800 || bigEndian(frame, start + 4, 2) !== 0x0604) {
    result.problems.push("ARP: it is not about Ethernet and IPv4 addresses");
    return;
  }
  const reader = new FieldReader("ARP", frame, start, ARP_BYTES);
  reader.u16("hardware", 0, () => "Ethernet");
  reader.u16("protocol", 2, () => "IPv4");
  reader.u8("hardware address bytes", 4);
  reader.u8("protocol address bytes", 5);
  const operation = reader.u16("operation", 6, (op) => (op === 1 ? "request" : op === 2 ? "reply" : `${op}`));
  const senderMac = reader.mac("sender's MAC", 8);
  const senderAddress = reader.ipv4("sender's address", 14);
  const targetMac = reader.mac("target's MAC", 18);
  const targetAddress = reader.ipv4("target's address", 24);
  result.arp = { operation, senderMac, senderAddress, targetMac, targetAddress };
  result.layers.push(reader.layer);
  result.payload = frame.subarray(start + ARP_BYTES, start + ARP_BYTES);
}

interface IpPlace {
  version: number;
  start: number;
  end: number;
}

function readIp(result: Dissection, frame: Uint8Array, { version, start, end }: IpPlace, quoted = false): void {
  const carried = (version === 6 ? readIpv6 : readIpv4)(result, frame, start, end, quoted);
  if (carried === null) return;
  for (const quote of readCarried(result, carried)) quote.put(readQuoted(frame, quote.start, quote.end));
}

// The packet that a message quotes is cut off; that is no damage.
function readQuoted(frame: Uint8Array, start: number, end: number): Dissection {
  const payload = frame.subarray(start, end);
  const result: Dissection = { bytes: payload.length, payload, layers: [], problems: [] };
  readIp(result, frame, { version: versionAt(frame, start), start, end }, true);
  return result;
}

// What no header explains: the payload, and behind it what only fills the frame up to 60 bytes.
function noteRest(result: Dissection, frame: Uint8Array): void {
  const start = result.payload.byteOffset - frame.byteOffset;
  const end = start + result.payload.length;
  for (const [name, offset, stop] of [["Data", start, end] as const, ["Padding", end, frame.length] as const]) {
    const bytes = stop - offset;
    if (bytes === 0) continue;
    const field = { name: name.toLowerCase(), offset, bytes, text: `${bytes} bytes` };
    result.layers.push({ name, offset, bytes, fields: [field] });
  }
}
