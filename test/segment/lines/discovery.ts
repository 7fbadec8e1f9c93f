// Lines about neighbor discovery: `nd solicit`, `nd advertise`, `nd router-solicit`, `nd router-advertise`, `nd redirect`.

import { isIP } from "node:net";
import { formatMac, parseAddress } from "../../../host/core/address.ts";
import { type Network, nameIn, OUR_MAC, PEER_MAC } from "../addresses.ts";
import { concat, equalBytes, FrameError, fourBytes, isZero, twoBytes, viewOf } from "../frames/bytes.ts";
import {
  type DiscoveryMessage,
  type DiscoveryOption,
  NA_OVERRIDE,
  NA_ROUTER,
  NA_SOLICITED,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  OPTION_MTU,
  OPTION_NONCE,
  OPTION_PREFIX,
  OPTION_RDNSS,
  OPTION_SOURCE,
  OPTION_TARGET,
  RAW_DISCOVERY_OPTION,
  REDIRECT,
  ROUTER_ADVERTISEMENT,
  ROUTER_SOLICITATION,
} from "../frames/discovery.ts";
import { solicitedNode } from "../frames/ip.ts";
import { type IpPattern, readRest, resolve, type Usual } from "./envelope.ts";
import {
  address,
  bytes,
  ethernetAddress,
  type Fail,
  integer,
  listItems,
  milliseconds,
  prefix,
  splitLine,
} from "./words.ts";

const TYPES: Readonly<Record<string, number>> = {
  solicit: NEIGHBOR_SOLICITATION,
  advertise: NEIGHBOR_ADVERTISEMENT,
  "router-solicit": ROUTER_SOLICITATION,
  "router-advertise": ROUTER_ADVERTISEMENT,
  redirect: REDIRECT,
};

/** Bits of the first word, by the message they belong to (RFC 4861 §4.2, §4.4; RFC 4191 §2.2). */
const FLAGS: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  [NEIGHBOR_ADVERTISEMENT]: { router: NA_ROUTER, solicited: NA_SOLICITED, override: NA_OVERRIDE },
  [ROUTER_ADVERTISEMENT]: {
    managed: 0x80_0000,
    other: 0x40_0000,
    high: 0x08_0000,
    low: 0x18_0000,
    reserved: 0x10_0000,
  },
};

/** What a router of the test says where a line says nothing (RFC 4861 §6.2.1). */
const HOP_LIMIT = 64;
const LIFETIME = 1800;
const VALID = 2_592_000;
const PREFERRED = 604_800;

/** An option as the script has it: words that are resolved when the script is played. */
interface OptionPattern {
  words: string[];
  /** `no NAME`: it must not be there. */
  absent: boolean;
}

export interface DiscoveryPattern {
  type: number;
  /** 0 in every message that is sound. */
  code: number;
  /** Target, and the destination of a redirect, as the script has them. */
  target: string;
  destination: string;
  flags: number;
  hops: number;
  lifetime: number;
  reachable: number;
  retrans: number;
  options: OptionPattern[] | undefined;
  ip: IpPattern;
}

export function readDiscoveryLine(text: string, fail: Fail): DiscoveryPattern {
  const line = splitLine(text);
  const { words } = line;
  const name = words.shift() ?? "";
  const type = TYPES[name] ?? fail(`${name} is none of ${Object.keys(TYPES).join(", ")}`);
  const pattern: DiscoveryPattern = {
    type,
    code: 0,
    target: "us",
    destination: "us",
    flags: 0,
    hops: HOP_LIMIT,
    lifetime: LIFETIME,
    reachable: 0,
    retrans: 0,
    options: line.options === undefined ? undefined : readOptions(line.options, fail),
    ip: { modifiers: [] },
  };
  if (type === REDIRECT) {
    pattern.destination = address(words.shift(), fail);
    if (words.shift() !== "via") fail("a redirect is `nd redirect DESTINATION via TARGET`");
  }
  if (type !== ROUTER_SOLICITATION && type !== ROUTER_ADVERTISEMENT) pattern.target = address(words.shift(), fail);
  const own = ["code", ...Object.keys(FLAGS[type] ?? {}), ...(type === ROUTER_ADVERTISEMENT ? ROUTER_WORDS : [])].join(
    ", ",
  );
  pattern.ip = readRest(line, fail, (word, rest) => takeWord(pattern, word, rest, fail), own);
  return pattern;
}

const ROUTER_WORDS = ["hops", "lifetime", "reachable", "retrans"];

function takeWord(pattern: DiscoveryPattern, word: string, rest: string[], fail: Fail): boolean {
  const flag = FLAGS[pattern.type]?.[word];
  if (flag !== undefined) pattern.flags |= flag;
  else if (word === "code") pattern.code = integer(rest.shift(), fail);
  else if (pattern.type !== ROUTER_ADVERTISEMENT) return false;
  else if (word === "hops" || word === "lifetime") pattern[word] = integer(rest.shift(), fail);
  else if (word === "reachable" || word === "retrans") pattern[word] = milliseconds(rest.shift(), fail);
  else return false;
  return true;
}

const OPTION_KINDS: Readonly<Record<string, number>> = {
  source: OPTION_SOURCE,
  target: OPTION_TARGET,
  prefix: OPTION_PREFIX,
  mtu: OPTION_MTU,
  nonce: OPTION_NONCE,
  rdnss: OPTION_RDNSS,
};

function readOptions(text: string, fail: Fail): OptionPattern[] {
  return listItems(text).map((item) => {
    const absent = item[0] === "no";
    const words = absent ? item.slice(1) : item;
    const [name = ""] = words;
    if (!(name in OPTION_KINDS) && name !== "opt" && name !== "raw")
      fail(`${name} is none of the options ${Object.keys(OPTION_KINDS).join(", ")}, opt, raw`);
    buildOption(words, PEER_MAC, fail);
    return { words, absent };
  });
}

/** An option with the link-layer address `mac` where the line names none. */
function buildOption([name = "", ...values]: readonly string[], mac: Uint8Array, fail: Fail): DiscoveryOption {
  const kind = OPTION_KINDS[name] ?? 0;
  switch (name) {
    case "source":
    case "target":
      return { kind, data: values[0] === undefined ? mac : ethernetAddress(values[0], fail) };
    case "prefix":
      return { kind, data: prefixData(values, fail) };
    case "mtu":
      return { kind, data: concat([twoBytes(0), fourBytes(integer(values[0], fail))]) };
    case "rdnss":
      return {
        kind,
        data: concat([twoBytes(0), fourBytes(lifetime(values[0], fail)), ...values.slice(1).map(written(fail))]),
      };
    case "opt":
      return { kind: integer(values[0], fail), data: Uint8Array.from(bytes(values.slice(1), fail)) };
    case "raw":
      return { kind: RAW_DISCOVERY_OPTION, data: Uint8Array.from(bytes(values, fail)) };
    default:
      return { kind, data: Uint8Array.from(bytes(values, fail)) };
  }
}

/** `2001:db8:5::/64 LA 86400 14400`: on-link, autonomous, valid and preferred seconds. */
function prefixData(values: readonly string[], fail: Fail): Uint8Array {
  const [text = "", letters = "LA", valid = `${VALID}`, preferred = `${PREFERRED}`] = values;
  const { address: network, prefixLength } = prefix(text, fail);
  if (!/^(L?A?|-)$/.test(letters)) fail(`${letters} is none of L, A, LA, -`);
  const flags = (letters.includes("L") ? 0x80 : 0) | (letters.includes("A") ? 0x40 : 0);
  const times = [lifetime(valid, fail), lifetime(preferred, fail), 0].map(fourBytes);
  return concat([Uint8Array.of(prefixLength, flags), ...times, network]);
}

function lifetime(text: string | undefined, fail: Fail): number {
  return text === "infinity" ? 0xffff_ffff : integer(text, fail);
}

function written(fail: Fail): (text: string) => Uint8Array {
  return (text) => (isIP(text) === 6 ? parseAddress(text) : fail(`${text} is no IPv6 address`));
}

/** What the peer answers when somebody asks for it by this name of an address. */
export function answerFor(name: string, isRouter: boolean): DiscoveryPattern {
  return readDiscoveryLine(`advertise ${name}${isRouter ? " router" : ""} solicited override`, unreadable);
}

// ---- building ----------------------------------------------------------------------------------------------------

/** Which addresses are usual in such a message of the peer. */
export function usualEnds(pattern: DiscoveryPattern, network: Network): Usual {
  const named = (name: string): Uint8Array => resolve(network, name);
  const ends = { ttl: 255, from: named("peer-local"), to: named("all-nodes") };
  switch (pattern.type) {
    case NEIGHBOR_SOLICITATION:
      return { ...ends, from: network.peer, to: solicitedNode(named(pattern.target)) };
    case NEIGHBOR_ADVERTISEMENT:
      return { ...ends, from: named(pattern.target), to: pattern.flags & NA_SOLICITED ? network.ours : ends.to };
    case ROUTER_SOLICITATION:
      return { ...ends, to: named("all-routers") };
    case REDIRECT:
      return { ...ends, to: network.ours };
    default:
      return ends;
  }
}

/** The message that the peer sends; `source` is the address it comes from. */
export function discoveryMessage(pattern: DiscoveryPattern, network: Network, source: Uint8Array): DiscoveryMessage {
  const options = pattern.options?.map(({ words }) => buildOption(words, PEER_MAC, unreadable));
  const { type } = pattern;
  return {
    type,
    word: wordOf(pattern),
    fixed: fixedOf(pattern, network),
    options: options ?? usualOptions(type, source),
  };
}

function wordOf({ type, flags, hops, lifetime: seconds }: DiscoveryPattern): number {
  return type === ROUTER_ADVERTISEMENT ? ((hops << 24) | flags | seconds) >>> 0 : flags >>> 0;
}

function fixedOf({ type, target, destination, reachable, retrans }: DiscoveryPattern, network: Network): Uint8Array {
  if (type === ROUTER_SOLICITATION) return new Uint8Array(0);
  if (type === ROUTER_ADVERTISEMENT) return concat([fourBytes(reachable), fourBytes(retrans)]);
  const parts = type === REDIRECT ? [target, destination] : [target];
  return concat(parts.map((part) => resolve(network, part)));
}

function usualOptions(type: number, source: Uint8Array): DiscoveryOption[] {
  if (type === NEIGHBOR_ADVERTISEMENT) return [{ kind: OPTION_TARGET, data: PEER_MAC }];
  return type === REDIRECT || isZero(source) ? [] : [{ kind: OPTION_SOURCE, data: PEER_MAC }];
}

// What a line says has been read once before.
function unreadable(sentence: string): never {
  throw new FrameError(sentence);
}

// ---- comparing ---------------------------------------------------------------------------------------------------

export function discoveryDifference(
  pattern: DiscoveryPattern,
  message: DiscoveryMessage | undefined,
  network: Network,
): string | undefined {
  if (message?.type !== pattern.type) return "it is another message";
  if (message.word !== wordOf(pattern)) return "the flags differ";
  if (!equalBytes(message.fixed, fixedOf(pattern, network))) return "the target differs";
  const { options } = pattern;
  if (options?.length === 0) return message.options.length > 0 ? "it carries options" : undefined;
  for (const option of options ?? []) {
    const difference = optionDifference(option, message.options);
    if (difference) return difference;
  }
  return undefined;
}

function optionDifference({ words, absent }: OptionPattern, options: readonly DiscoveryOption[]): string | undefined {
  const wanted = buildOption(words, OUR_MAC, unreadable);
  const found = options.find(({ kind }) => kind === wanted.kind);
  if (absent) return found && `it carries the option ${words[0]}`;
  if (!found) return `the option ${words[0]} is missing`;
  // A nonce is any that the stack likes.
  const isOpen = wanted.kind === OPTION_NONCE && wanted.data.length === 0;
  return isOpen || equalBytes(found.data, wanted.data) ? undefined : `the option ${words[0]} has another value`;
}

// ---- in words ----------------------------------------------------------------------------------------------------

export function describeDiscovery({ type, word, fixed, options }: DiscoveryMessage, network: Network): string {
  const name = Object.entries(TYPES).find(([, value]) => value === type)?.[0];
  const flags = Object.entries(FLAGS[type] ?? {}).filter(([, bit]) => (word & bit) >>> 0 === bit >>> 0);
  const about = fixed.length >= 16 ? ` ${nameIn(network, fixed.slice(0, 16))}` : "";
  const list = options.map(describeOption).join(", ");
  return `> nd ${name}${about}${flags.map(([flag]) => ` ${flag}`).join("")}${list && ` <${list}>`}`;
}

function describeOption({ kind, data }: DiscoveryOption): string {
  const name = Object.entries(OPTION_KINDS).find(([, value]) => value === kind)?.[0];
  if (name === "source" || name === "target") return `${name} ${formatMac(data)}`;
  if (name === "mtu" && data.length === 6) return `mtu ${viewOf(data).getUint32(2)}`;
  return name === "nonce" ? [name, ...data].join(" ") : `opt ${[kind, ...data].join(" ")}`;
}
