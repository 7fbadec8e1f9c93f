// The IP header in scripts: words that any line about a packet may have, for what is not as it usually is.

import { addressIn, type Network, nameIn } from "../addresses.ts";
import { concat, equalBytes, FrameError } from "../frames/bytes.ts";
import { ROUTER_ALERT_4, ROUTER_ALERT_6 } from "../frames/groups.ts";
import {
  type ExtensionHeader,
  type IpHeader,
  PROTOCOL_DESTINATION,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ROUTING,
} from "../frames/ip.ts";
import { padOptions } from "../frames/ipv6.ts";
import { address, bytes, ethernetAddress, type Fail, integer, type Line, listItems } from "./words.ts";

const MODIFIERS = ["bad-checksum", "bad-ip-checksum", "router-alert", "source-route", "garbage"] as const;
export type Modifier = (typeof MODIFIERS)[number];

/** Short for addresses that nobody may have, or that are not one machine's. */
const PLACES: Readonly<Record<string, { from?: string; to?: string }>> = {
  "to-broadcast": { to: "broadcast" },
  "to-multicast": { to: "all-nodes" },
  "from-broadcast": { from: "broadcast" },
  "from-multicast": { from: "all-nodes" },
  "from-loopback": { from: "loopback" },
};

const NUMBERS = ["ttl", "tos", "id", "flow"] as const;
const ENDS = ["from", "to"] as const;

/** Fields of the IP header that a line names; what it leaves out is as usual in a `<` and anything in a `>`. */
export interface IpPattern {
  /** Addresses as the script has them. */
  from?: string;
  to?: string;
  /** Time to live or hop limit; differentiated services byte or traffic class. */
  ttl?: number;
  tos?: number;
  id?: number;
  /** The flow label. */
  flow?: number;
  /** Whether routers may not fragment it. */
  df?: boolean;
  extensions?: ExtensionHeader[];
  /** The frame's source, of what is injected; its destination, of what is expected. The peer's unless a line says so. */
  mac?: Uint8Array;
  modifiers: Modifier[];
}

/** What a line may have besides its own words. */
export const IP_WORDS = [...NUMBERS, ...ENDS, "mac", "df", "no-df", ...Object.keys(PLACES), ...MODIFIERS];

/** Takes words of the IP header off the front of the line, as long as there are any. */
export function takeIpWord(ip: IpPattern, words: string[], fail: Fail): boolean {
  const [word = ""] = words;
  const modifier = MODIFIERS.find((name) => name === word);
  const number = NUMBERS.find((name) => name === word);
  const end = ENDS.find((name) => name === word);
  if (!IP_WORDS.includes(word)) return false;
  words.shift();
  if (modifier) ip.modifiers.push(modifier);
  else if (number) ip[number] = integer(words.shift(), fail);
  else if (end) ip[end] = address(words.shift(), fail);
  else if (word === "mac") ip.mac = ethernetAddress(words.shift(), fail);
  else if (word in PLACES) Object.assign(ip, PLACES[word]);
  else ip.df = word === "df";
  return true;
}

/** Reads all that is left of a line as words of the IP header, or of its own by `takeOwn`, which says whether it took one. */
export function readRest(
  line: Line,
  fail: Fail,
  takeOwn: (word: string, words: string[]) => boolean,
  own = "",
): IpPattern {
  const ip: IpPattern = { modifiers: [] };
  const { words } = line;
  while (words.length > 0) {
    if (takeIpWord(ip, words, fail)) continue;
    const word = words.shift() as string;
    if (!takeOwn(word, words)) fail(`${word} is none of ${own}${own && ", "}${IP_WORDS.join(", ")}`);
  }
  if (line.extensions !== undefined) ip.extensions = readExtensions(line.extensions, fail);
  return ip;
}

/** Extension headers by name, with their options: `{hop-by-hop router-alert + opt 30 1 2, routing 0 1}`. */
function readExtensions(text: string, fail: Fail): ExtensionHeader[] {
  return listItems(text).map(([name = "", ...words]) => {
    if (name === "routing") return { protocol: PROTOCOL_ROUTING, data: Uint8Array.from(bytes(words, fail)) };
    const protocol = { "hop-by-hop": PROTOCOL_HOP_BY_HOP, destination: PROTOCOL_DESTINATION }[name];
    if (protocol === undefined) return fail(`${name} is none of the headers hop-by-hop, destination, routing`);
    const options = words.join(" ").split(" + ");
    const isRaw = words[0] === "raw";
    const data = concat(options.map((option) => readOption(option, fail)));
    return { protocol, data: isRaw ? data : padOptions(data) };
  });
}

function readOption(text: string, fail: Fail): Uint8Array {
  const [name = "", ...words] = text.split(" ");
  const values = bytes(words, fail);
  if (name === "") return new Uint8Array(0);
  if (name === "router-alert") return ROUTER_ALERT_6;
  if (name === "raw") return Uint8Array.from(values);
  if (name === "opt" && values.length > 0) return Uint8Array.of(values[0], values.length - 1, ...values.slice(1));
  return fail(`${text} is none of the options router-alert, opt KIND bytes, raw bytes`);
}

// ---- building ----------------------------------------------------------------------------------------------------

/** What is usual in a kind of packet: its addresses, and what else is not the same in all. */
export interface Usual {
  from: Uint8Array;
  to: Uint8Array;
  ttl?: number;
  /** The router alert belongs to it. */
  alert?: boolean;
}

/** The header of a packet that the peer sends. Throws `FrameError` when the version has not what the line asks for. */
export function headerFor(pattern: IpPattern, network: Network, protocol: number, usual: Usual): IpHeader {
  const header: IpHeader = {
    source: pattern.from === undefined ? usual.from : resolve(network, pattern.from),
    destination: pattern.to === undefined ? usual.to : resolve(network, pattern.to),
    protocol,
    ttl: pattern.ttl ?? usual.ttl ?? 64,
    tos: pattern.tos ?? 0,
    identification: pattern.id ?? 0,
    flowLabel: pattern.flow ?? 0,
    dontFragment: pattern.df ?? false,
    extensions: pattern.extensions ?? [],
    options: new Uint8Array(0),
  };
  const has = (modifier: Modifier): boolean => pattern.modifiers.includes(modifier);
  const alerts = (has("router-alert") || usual.alert === true) && pattern.extensions === undefined;
  if (network.version === 4) {
    if (pattern.extensions) throw new FrameError("IPv4 has no extension headers");
    if (alerts) header.options = ROUTER_ALERT_4;
    if (has("source-route")) header.options = Uint8Array.of(131, 7, 8, ...network.peer, 0);
  } else {
    const none = (["bad-ip-checksum", "source-route"] as const).find(has);
    if (none) throw new FrameError(`IPv6 has no ${none}`);
    if (alerts) header.extensions = [{ protocol: PROTOCOL_HOP_BY_HOP, data: padOptions(ROUTER_ALERT_6) }];
  }
  return header;
}

/** The address that a script means. Throws `FrameError` when the network has none of that name or version. */
export function resolve(network: Network, text: string): Uint8Array {
  const found = addressIn(network, text);
  if (found === undefined) throw new FrameError(`there is no address ${text} in IPv${network.version}`);
  return found;
}

// ---- comparing ---------------------------------------------------------------------------------------------------

/** What of a packet's header is not as the line says, as a sentence; `from` and `to` are compared when it names them. */
export function ipDifference(pattern: IpPattern, ip: IpHeader | undefined, network: Network): string | undefined {
  if (ip === undefined) return "it is no IP packet";
  const { ttl, tos, id, flow, df, from, to, extensions } = pattern;
  if (ttl !== undefined && ip.ttl !== ttl) return `its time to live is ${ip.ttl}`;
  if (tos !== undefined && ip.tos !== tos) return `its differentiated services byte is ${ip.tos}`;
  if (id !== undefined && ip.identification !== id) return `its identification is ${ip.identification}`;
  if (flow !== undefined && ip.flowLabel !== flow) return `its flow label is ${ip.flowLabel}`;
  if (df !== undefined && ip.dontFragment !== df) return `it ${df ? "may" : "may not"} be fragmented`;
  if (from !== undefined && !equalBytes(resolve(network, from), ip.source))
    return `it comes from ${nameIn(network, ip.source)}`;
  if (to !== undefined && !equalBytes(resolve(network, to), ip.destination))
    return `it goes to ${nameIn(network, ip.destination)}`;
  return extensions === undefined ? undefined : extensionDifference(extensions, ip.extensions ?? []);
}

function extensionDifference(
  wanted: readonly ExtensionHeader[],
  found: readonly ExtensionHeader[],
): string | undefined {
  const numbers = found.map(({ protocol }) => protocol).join(", ") || "none";
  if (found.length !== wanted.length) return `its extension headers are ${numbers}`;
  const isSame = found.every(({ protocol, data }, i) => {
    return protocol === wanted[i].protocol && equalBytes(data, wanted[i].data);
  });
  return isSame ? undefined : `its extension headers (${numbers}) differ`;
}

/** The ends of a packet in words, where they are not the usual two. */
export function describeEnds(ip: IpHeader, network: Network): string {
  const from = equalBytes(ip.source, network.ours) ? "" : ` from ${nameIn(network, ip.source)}`;
  const to = equalBytes(ip.destination, network.peer) ? "" : ` to ${nameIn(network, ip.destination)}`;
  return from + to;
}
