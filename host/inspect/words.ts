// Says in words what a frame is: the parts of a line, most important first, and the role that decides its colour.

import type { SegmentView } from "./conversation.ts";
import { dissect } from "./dissect.ts";
import {
  type ArpPacket,
  type Dissection,
  etherTypeText,
  type IcmpMessage,
  icmpText,
  protocolText,
} from "./dissection.ts";
import { ACK, FIN, flagsText, optionText, RST, SYN } from "./tcp-header.ts";

/** What kind of thing a frame is to somebody who watches. */
export type Role = "arp" | "icmp" | "udp" | "open" | "data" | "ack" | "close" | "reset" | "damaged" | "other";

export interface FrameWords {
  role: Role;
  /** Parts of the line, most important first; a drawing may break between them. */
  parts: string[];
  /** One more, for where there is room for it. */
  extra?: string;
  /** More about it, one line each: ports and options of a SYN, the beginning of the data. */
  details: string[];
}

const NOBODY = "0.0.0.0";
const PREVIEW_BYTES = 400;

/** The frame as one line with addresses, as a trace has it. */
export function summarize(frame: Uint8Array): string {
  const d = dissect(frame);
  const { parts, extra = "", details } = frameWords(d);
  const from = endpointText(d.ipv4?.source, d.ports?.source);
  const to = endpointText(d.ipv4?.destination, d.ports?.destination);
  const words = [from && to ? `${from} > ${to}:` : "", d.tcp ? "TCP" : "", ...parts, extra];
  if (d.tcp && d.tcp.options.length > 0) words.push(`<${d.tcp.options.map((o) => optionText(o)).join(" · ")}>`);
  if (d.icmp) words.push(...details);
  words.push(...d.problems.map((problem) => `[${problem}]`));
  return words.filter((word) => word !== "").join(" ");
}

/** A frame in words; with `view`, sequence numbers are those of the connection. */
export function frameWords(d: Dissection, view: SegmentView | null = null): FrameWords {
  if (d.tcp && d.ipv4) return tcpWords(d, view);
  if (d.arp) return { role: "arp", parts: [arpText(d.arp)], details: [] };
  if (d.icmp) return icmpWords(d, d.icmp);
  if (d.udp) {
    const parts = [`UDP ${d.udp.sourcePort} → ${d.udp.destinationPort}`, `(${bytesText(d.payload.length)})`];
    return { role: "udp", parts, details: preview(d.payload, true) };
  }
  if (d.problems.length > 0)
    return { role: "damaged", parts: ["damaged", `(${bytesText(d.bytes)})`], details: d.problems };
  if (d.ipv4) return { role: "other", parts: [ipv4Text(d), `(${bytesText(d.payload.length)})`], details: [] };
  const type = d.ethernet ? etherTypeText(d.ethernet.etherType) : "frame";
  return { role: "other", parts: [type, `(${bytesText(d.payload.length)})`], details: [] };
}

function ipv4Text(d: Dissection): string {
  const { fragmentOffset = 0, protocol = 0 } = d.ipv4 ?? {};
  return fragmentOffset > 0 ? `fragment at ${fragmentOffset} of ${protocolText(protocol)}` : protocolText(protocol);
}

function arpText({ operation, senderMac, senderAddress, targetAddress }: ArpPacket): string {
  if (operation === 2) return `ARP ${senderAddress} is at ${senderMac}`;
  if (operation !== 1) return `ARP operation ${operation}`;
  if (senderAddress === NOBODY) return `ARP does anybody have ${targetAddress}?`;
  if (senderAddress === targetAddress) return `ARP ${senderAddress} is at ${senderMac} (announced)`;
  return `ARP who has ${targetAddress}? tell ${senderAddress}`;
}

function icmpWords(d: Dissection, icmp: IcmpMessage): FrameWords {
  const parts = [`ICMP ${icmpText(icmp.type, icmp.code)}`];
  if (icmp.sequence !== undefined) parts.push(`seq ${icmp.sequence}`, `(${bytesText(d.payload.length)})`);
  const about = icmp.quoted?.ipv4;
  if (!icmp.quoted || !about) return { role: "icmp", parts, details: [] };
  const from = endpointText(about.source, icmp.quoted.ports?.source);
  const to = endpointText(about.destination, icmp.quoted.ports?.destination);
  return { role: "icmp", parts, details: [`about ${protocolText(about.protocol)} ${from} > ${to}`] };
}

function tcpWords(d: Dissection, view: SegmentView | null): FrameWords {
  const tcp = d.tcp as NonNullable<Dissection["tcp"]>;
  const length = d.payload.length;
  const seq = view?.seq ?? tcp.seq;
  const ack = view ? view.ack : tcp.flags & ACK ? tcp.ack : null;
  const parts = [flagsText(tcp.flags)];
  if (length > 0) parts.push(`seq ${seq}:${seq + length}`);
  else if (tcp.flags & (SYN | FIN | RST)) parts.push(`seq ${seq}`);
  if (ack !== null) parts.push(`ack ${ack}`);
  if (length > 0) parts.push(`(${bytesText(length)})`);
  const extra = `win ${view?.window ?? tcp.window}`;
  const details = preview(d.payload, seq <= 1 || view === null);
  if (tcp.flags & SYN) details.unshift(synDetail(d));
  const sack = tcp.options.find((option) => option.kind === "sack");
  if (sack) details.unshift(optionText(sack, view?.relativeAck));
  return { role: tcpRole(tcp.flags, length), parts, extra, details };
}

function synDetail(d: Dissection): string {
  const ports = `port ${d.tcp?.sourcePort} → ${d.tcp?.destinationPort}`;
  // Time stamps say nothing to who reads along, and are long.
  const options = d.tcp?.options.filter((option) => option.kind !== "timestamps") ?? [];
  return [ports, ...options.map((option) => optionText(option))].join(" · ");
}

function tcpRole(flags: number, length: number): Role {
  if (flags & RST) return "reset";
  if (flags & SYN) return "open";
  if (flags & FIN) return "close";
  return length > 0 ? "data" : "ack";
}

// The first line of the data where it is text: enough to recognize a request, an answer, a page. What is not the
// beginning of a stream may begin in the midst of a line.
function preview(payload: Uint8Array, isBeginning: boolean): string[] {
  if (payload.length === 0) return [];
  const text = new TextDecoder("utf-8").decode(payload.subarray(0, PREVIEW_BYTES));
  const line = text.split(/\r?\n/).find((part) => part.trim() !== "") ?? "";
  // Control characters and bytes that are no UTF-8 mean that this is no text.
  const isText = line !== "" && !/[\p{Cc}\uFFFD]/u.test(line.replaceAll("\t", " "));
  return isText ? [`“${isBeginning ? "" : "…"}${line.trim()}”`] : [];
}

function endpointText(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return "";
  return port === undefined ? address : `${address}:${port}`;
}

function bytesText(bytes: number): string {
  return bytes === 1 ? "1 byte" : `${bytes} bytes`;
}
