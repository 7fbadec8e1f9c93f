// Says in words what a frame is: the parts of a line, most important first, and the role that decides its colour.

import { controlWords } from "./control-words.ts";
import type { SegmentView } from "./conversation.ts";
import { dissect } from "./dissect.ts";
import type { Dissection, IpHeader } from "./dissection.ts";
import { bytesText, endpointText } from "./phrases.ts";
import { etherTypeText, Protocol, protocolText } from "./protocol-names.ts";
import { ACK, FIN, flagsText, optionText, RST, SYN } from "./tcp-header.ts";

/** What kind of thing a frame is to somebody who watches. */
export type Role =
  | "arp"
  | "nd"
  | "group"
  | "icmp"
  | "udp"
  | "open"
  | "data"
  | "ack"
  | "close"
  | "reset"
  | "damaged"
  | "other";

export interface FrameWords {
  role: Role;
  /** Parts of the line, most important first; a drawing may break between them. */
  parts: string[];
  /** One more, for where there is room for it. */
  extra?: string;
  /** More about it, one line each: ports and options of a SYN, the beginning of the data. */
  details: string[];
}

const PREVIEW_BYTES = 400;

/** The frame as one line with addresses, as a trace has it. */
export function summarize(frame: Uint8Array): string {
  const d = dissect(frame);
  const { parts, extra = "", details } = frameWords(d);
  const ends = d.ip ? `${endpointText(d.ip.source, d.ports?.source)} > ` : "";
  const words = [d.ip ? `${ends}${endpointText(d.ip.destination, d.ports?.destination)}:` : ""];
  words.push(d.tcp ? "TCP" : "", ...parts, extra);
  if (d.tcp && d.tcp.options.length > 0) words.push(`<${d.tcp.options.map((o) => optionText(o)).join(" · ")}>`);
  if (d.icmp || d.group) words.push(details.join(" · "));
  words.push(...d.problems.map((problem) => `[${problem}]`));
  return words.filter((word) => word !== "").join(" ");
}

/** A frame in words; with `view`, sequence numbers are those of the connection. */
export function frameWords(d: Dissection, view: SegmentView | null = null): FrameWords {
  const words = contentWords(d, view);
  const tags = d.vlans?.map(({ vlan }) => `in VLAN ${vlan}`) ?? [];
  return { ...words, parts: [...words.parts, ...fragmentWords(d.ip), ...tags] };
}

function contentWords(d: Dissection, view: SegmentView | null): FrameWords {
  if (d.tcp) return tcpWords(d, view);
  const control = controlWords(d);
  if (control) return control;
  if (d.udp) {
    const parts = [`UDP ${d.udp.sourcePort} → ${d.udp.destinationPort}`, `(${bytesText(d.payload.length)})`];
    return { role: "udp", parts, details: preview(d.payload, true) };
  }
  if (d.problems.length > 0)
    return { role: "damaged", parts: ["damaged", `(${bytesText(d.bytes)})`], details: d.problems };
  if (d.ip?.protocol === Protocol.NOTHING) return { role: "other", parts: ["IPv6 with nothing in it"], details: [] };
  const name = d.ip ? protocolText(d.ip.protocol) : d.ethernet ? etherTypeText(d.ethernet.etherType) : "frame";
  return { role: "other", parts: [name, `(${bytesText(d.payload.length)})`], details: [] };
}

// "fragment at 1480", "fragment at 0, more follow"; nothing for a whole packet.
function fragmentWords(ip: IpHeader | undefined): string[] {
  if (!ip || (ip.fragmentOffset === 0 && !ip.moreFragments)) return [];
  return [`fragment at ${ip.fragmentOffset}${ip.moreFragments ? ", more follow" : ""}`];
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
