// Lines about DHCP: `dhcp TYPE [A]`, where A is the address that a server lends (`yiaddr`) or that a client has (`ciaddr`),
// with options by name.

import { type Network, nameIn, OUR_MAC } from "../addresses.ts";
import { concat, equalBytes, fourBytes, isZero, twoBytes } from "../frames/bytes.ts";
import { type DhcpMessage, type DhcpOption, TYPES } from "../frames/dhcp.ts";
import { type IpPattern, readRest, resolve } from "./envelope.ts";
import { address, bytes, type Fail, integer, listItems, prefix, splitLine } from "./words.ts";

export interface DhcpPattern {
  type: number;
  /** As the script has it; undefined: none. */
  address: string | undefined;
  /** Undefined when the script says nothing of options. */
  options: OptionPattern[] | undefined;
  /** It answers another question than the last one. */
  isForeign: boolean;
  ip: IpPattern;
}

interface OptionPattern {
  name: string;
  code: number;
  /** What it holds; undefined: anything. Addresses are known when the script is played. */
  data: ((network: Network) => Uint8Array) | undefined;
  absent: boolean;
}

const TYPE_OPTION = 53;

/** Options by name, and what kind of value each has. */
const OPTIONS: Readonly<Record<string, readonly [code: number, kind: keyof typeof READERS]>> = {
  mask: [1, "addresses"],
  routers: [3, "addresses"],
  dns: [6, "addresses"],
  "host-name": [12, "text"],
  domain: [15, "text"],
  mtu: [26, "short"],
  ntp: [42, "addresses"],
  requested: [50, "addresses"],
  lease: [51, "number"],
  server: [54, "addresses"],
  parameters: [55, "bytes"],
  t1: [58, "number"],
  t2: [59, "number"],
  client: [61, "bytes"],
  routes: [121, "routes"],
};

const READERS = {
  addresses: (words: string[], fail: Fail) => {
    const names = words.map((word) => address(word, fail));
    return (network: Network): Uint8Array => concat(names.map((name) => resolve(network, name)));
  },
  text: (words: string[]) => () => new TextEncoder().encode(words.join(" ")),
  short: (words: string[], fail: Fail) => constant(twoBytes(integer(words[0], fail))),
  number: (words: string[], fail: Fail) => constant(fourBytes(integer(words[0], fail) >>> 0)),
  bytes: (words: string[], fail: Fail) => constant(Uint8Array.from(bytes(words, fail))),
  routes: readRoutes,
} as const;

function constant(data: Uint8Array): () => Uint8Array {
  return () => data;
}

// `10.9.0.0/16 peer 0.0.0.0/0 peer`: the length of the prefix, as much of it as that says, the router (RFC 3442).
function readRoutes(words: string[], fail: Fail): (network: Network) => Uint8Array {
  const routes = Array.from({ length: words.length / 2 }, (_, i) => {
    const { address: whole, prefixLength } = prefix(words[2 * i], fail);
    const head = [prefixLength, ...whole.slice(12, 12 + Math.ceil(prefixLength / 8))];
    return { head: Uint8Array.from(head), router: address(words[2 * i + 1], fail) };
  });
  return (network) => concat(routes.flatMap(({ head, router }) => [head, resolve(network, router)]));
}

export function readDhcpLine(text: string, fail: Fail): DhcpPattern {
  const line = splitLine(text);
  const word = line.words.shift() ?? "";
  const type = TYPES.indexOf(word);
  if (type < 1) fail(`${word} is none of ${TYPES.slice(1).join(", ")}`);
  const pattern: DhcpPattern = {
    type,
    address: undefined,
    options: undefined,
    isForeign: false,
    ip: { modifiers: [] },
  };
  if (line.options !== undefined) pattern.options = listItems(line.options).map((item) => readOption(item, fail));
  pattern.ip = readRest(
    line,
    fail,
    (own, words) => {
      if (own === "foreign") pattern.isForeign = true;
      else if (own === "address") pattern.address = address(words.shift(), fail);
      else return false;
      return true;
    },
    "address, foreign",
  );
  return pattern;
}

function readOption([name = "", ...words]: string[], fail: Fail): OptionPattern {
  if (name === "no") return { ...readOption(words, fail), absent: true };
  if (name === "opt") {
    const [code, ...data] = bytes(words, fail);
    return { name: `opt ${code}`, code, data: constant(Uint8Array.from(data)), absent: false };
  }
  const [code, kind] = OPTIONS[name] ?? fail(`${name} is none of opt, ${Object.keys(OPTIONS).join(", ")}`);
  return { name, code, data: words.length > 0 ? READERS[kind](words, fail) : undefined, absent: false };
}

/** The message that a server sends in answer to the one that the stack sent last. */
export function dhcpMessage(pattern: DhcpPattern, last: DhcpMessage | undefined, network: Network): DhcpMessage {
  const xid = last?.xid ?? 0;
  const none = new Uint8Array(4);
  const options: DhcpOption[] = [{ code: TYPE_OPTION, data: Uint8Array.of(pattern.type) }];
  for (const { code, data } of pattern.options ?? [])
    options.push({ code, data: data?.(network) ?? new Uint8Array(0) });
  return {
    op: 2,
    xid: (pattern.isForeign ? xid + 1 : xid) >>> 0,
    secs: 0,
    isBroadcast: false,
    ciaddr: none,
    yiaddr: pattern.address === undefined ? none : resolve(network, pattern.address),
    mac: OUR_MAC,
    options,
  };
}

/** What of the stack's message is not as the line says. */
export function dhcpDifference(
  pattern: DhcpPattern,
  message: DhcpMessage | undefined,
  network: Network,
): string | undefined {
  if (message === undefined) return "it is no DHCP message";
  if (message.op !== 1) return "it is not a client's";
  if (!equalBytes(message.mac, OUR_MAC)) return "it has another Ethernet address";
  if (typeOf(message) !== pattern.type) return `it is a ${TYPES[typeOf(message)]}`;
  const ours = pattern.address === undefined ? new Uint8Array(4) : resolve(network, pattern.address);
  if (!equalBytes(message.ciaddr, ours)) return `its ciaddr is ${nameIn(network, message.ciaddr)}`;
  for (const { name, code, data, absent } of pattern.options ?? []) {
    const found = message.options.find((option) => option.code === code);
    if (absent ? found : !found) return `the option ${name} is ${absent ? "there" : "missing"}`;
    if (data && found && !absent && !equalBytes(found.data, data(network)))
      return `the option ${name} has another value`;
  }
  return undefined;
}

function typeOf(message: DhcpMessage): number {
  return message.options.find(({ code }) => code === TYPE_OPTION)?.data[0] ?? 0;
}

export function describeDhcp(message: DhcpMessage, network: Network): string {
  const ours = isZero(message.ciaddr) ? "" : ` address ${nameIn(network, message.ciaddr)}`;
  const options = message.options
    .filter(({ code }) => code !== TYPE_OPTION)
    .map(({ code, data }) => {
      const name = Object.entries(OPTIONS).find(([, [number]]) => number === code)?.[0];
      return name ? `${name} ${data.join(" ")}` : `opt ${code} ${data.join(" ")}`;
    });
  return `> dhcp ${TYPES[typeOf(message)]}${ours} <${options.join(", ")}>`;
}
