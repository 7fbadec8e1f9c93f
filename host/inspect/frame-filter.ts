// Which frames are meant, in the language of tcpdump as far as people type it by hand: protocols, hosts, networks and
// ports, with and, or, not and parentheses (pcap-filter(7)).

import { isV4, parseAddress, parseCidr } from "../core/address.ts";
import { dissect } from "./dissect.ts";
import type { Dissection } from "./dissection.ts";
import { Protocol } from "./protocol-names.ts";
import { portOf } from "./services.ts";

/** True of a frame that is meant. */
export type FrameFilter = (frame: Uint8Array) => boolean;

type Test = (d: Dissection) => boolean;
type End = "src" | "dst" | null;

const PROTOCOLS: Readonly<Record<string, Test>> = {
  arp: (d) => d.arp !== undefined,
  ip: (d) => d.ip?.version === 4,
  ip6: (d) => d.ip?.version === 6,
  tcp: (d) => d.ip?.protocol === Protocol.TCP,
  udp: (d) => d.ip?.protocol === Protocol.UDP,
  icmp: (d) => d.ip?.protocol === Protocol.ICMP,
  icmp6: (d) => d.ip?.protocol === Protocol.ICMPV6,
};

/** Throws an Error with a sentence when the text is no filter. An empty one means every frame. */
export function parseFilter(text: string): FrameFilter {
  const words = text.match(/[()!]|[^\s()!]+/g) ?? [];
  if (words.length === 0) return () => true;
  const parser = new FilterParser(words);
  const test = parser.parse();
  return (frame) => test(dissect(frame));
}

class FilterParser {
  #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  parse(): Test {
    const test = this.#either();
    if (this.#at < this.#words.length) throw refusal(this.#words[this.#at] as string);
    return test;
  }

  #either(): Test {
    const tests = [this.#all()];
    while (this.#take("or", "||")) tests.push(this.#all());
    return (d) => tests.some((test) => test(d));
  }

  // "tcp port 80" says "and" without the word.
  #all(): Test {
    const tests = [this.#not()];
    while (this.#take("and", "&&") || this.#isTermNext()) tests.push(this.#not());
    return (d) => tests.every((test) => test(d));
  }

  #isTermNext(): boolean {
    const word = this.#words[this.#at];
    return word !== undefined && !["or", "||", ")"].includes(word);
  }

  #not(): Test {
    if (this.#take("not", "!")) {
      const test = this.#not();
      return (d) => !test(d);
    }
    if (!this.#take("(")) return this.#term();
    const test = this.#either();
    if (!this.#take(")")) throw new Error("A parenthesis of the filter is not closed.");
    return test;
  }

  #term(): Test {
    const protocol = this.#words[this.#at] ?? "";
    const test = Object.hasOwn(PROTOCOLS, protocol) ? PROTOCOLS[protocol] : undefined;
    if (test) {
      this.#at++;
      return test;
    }
    const end: End = this.#take("src") ? "src" : this.#take("dst") ? "dst" : null;
    if (this.#take("port")) return portTest(end, this.#value("port"));
    if (this.#take("net")) return networkTest(end, this.#value("net"));
    if (this.#take("host") || end !== null) return hostTest(end, this.#value("host"));
    throw refusal(protocol);
  }

  #value(what: string): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new Error(`The filter ends where "${what}" wants a value.`);
    return word;
  }

  #take(...words: readonly string[]): boolean {
    if (!words.includes(this.#words[this.#at] ?? "")) return false;
    this.#at++;
    return true;
  }
}

function refusal(word: string): Error {
  const known = `${Object.keys(PROTOCOLS).join(", ")}, host, net or port (with src or dst before them)`;
  return new Error(`${word === "" ? "The filter ends too early" : `"${word}" begins no filter`}; use ${known}.`);
}

function portTest(end: End, text: string): Test {
  const port = portOf(text);
  if (port === null) throw new Error(`port ${text}: a port is a number from 0 to 65535, or the name of a service.`);
  return ({ ports }) => eitherEnd(end, ports, (value) => value === port);
}

function hostTest(end: End, text: string): Test {
  const wanted = parseAddress(text);
  return (d) => eitherEnd(end, addressesOf(d), (address) => equalBits(parseAddress(address), wanted, 128));
}

function networkTest(end: End, text: string): Test {
  const { address: network, prefixLength } = parseCidr(text);
  const bits = isV4(network) ? 96 + prefixLength : prefixLength;
  return (d) => eitherEnd(end, addressesOf(d), (address) => equalBits(parseAddress(address), network, bits));
}

// ARP has addresses, too.
function addressesOf({ ip, arp }: Dissection): { source: string; destination: string } | undefined {
  return arp ? { source: arp.senderAddress, destination: arp.targetAddress } : ip;
}

function eitherEnd<T>(end: End, ends: { source: T; destination: T } | undefined, fits: (value: T) => boolean): boolean {
  if (!ends) return false;
  return (end !== "dst" && fits(ends.source)) || (end !== "src" && fits(ends.destination));
}

function equalBits(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  for (let i = 0; i * 8 < bits; i++) {
    const mask = 0xff << Math.max(0, 8 - (bits - i * 8));
    if (((a[i] ?? 0) ^ (b[i] ?? 0)) & mask & 0xff) return false;
  }
  return true;
}
