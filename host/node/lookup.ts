// Addresses of names in the shape of `dns.lookup`: literals, localhost, a table of hosts that the stack was given, and what
// name servers say.

import { isIP } from "node:net";
import { InputError } from "../errors.ts";
import type { LookupResult, Lookups } from "../socket/lookups.ts";
import type { Family } from "./address.ts";
import { checkFunction, checkInteger, checkString } from "./arguments.ts";
import { notFoundError, tryAgainError, valueError } from "./errors.ts";

/** Names and their addresses, as in /etc/hosts: `{ "printer.lan": "10.0.0.9", both: ["10.0.0.7", "fd00::7"] }`. */
export type Hosts = Record<string, string | string[]>;

export interface LookupOptions {
  family?: 0 | Family | "IPv4" | "IPv6";
  /** All addresses instead of the first. */
  all?: boolean;
  hints?: number;
  order?: "verbatim" | "ipv4first" | "ipv6first";
  verbatim?: boolean;
}

export interface LookupAddress {
  address: string;
  family: number;
}

/** The callback gets (error, address, family), or with `all` (error, addresses). */
export type LookupCallback = (error: Error | null, address?: string | LookupAddress[], family?: number) => void;

export type Lookup = (hostname: string, options: LookupOptions, callback: LookupCallback) => void;

const LOCAL_HOST = ["127.0.0.1", "::1"];

/** Finds names in a table; `hasV6`: whether addresses of IPv6 are of any use. Throws InputError ERR_HOSTS. */
export class HostsTable {
  #hosts = new Map<string, LookupAddress[]>();

  constructor(hosts: Hosts, hasV6: boolean) {
    for (const [name, addresses] of Object.entries({ localhost: LOCAL_HOST, ...hosts })) {
      this.#hosts.set(name.toLowerCase(), usable(name, [addresses].flat(), hasV6));
    }
  }

  /** Addresses of a name, or of a literal itself, in the order of the table; none when it is not there. */
  find(hostname: string, family: 0 | Family, order: LookupOptions["order"]): LookupAddress[] {
    const own = isIP(hostname);
    const name = hostname.toLowerCase().replace(/\.$/, "");
    const all = own ? [{ address: hostname, family: own }] : (this.#hosts.get(name) ?? []);
    const wanted = own ? all : all.filter((entry) => family === 0 || entry.family === family);
    return inOrder(wanted, order);
  }

  /** True of a name in the table, whatever its addresses. */
  has(hostname: string): boolean {
    return this.#hosts.has(hostname.toLowerCase().replace(/\.$/, ""));
  }

  /** The names that have an address. */
  namesOf(address: string): string[] {
    const rows = [...this.#hosts].filter(([, entries]) => entries.some((entry) => entry.address === address));
    return rows.map(([name]) => name);
  }
}

function inOrder(found: readonly LookupAddress[], order: LookupOptions["order"]): LookupAddress[] {
  if (order !== "ipv4first" && order !== "ipv6first") return [...found];
  const first = order === "ipv4first" ? 4 : 6;
  return [...found].sort((a, b) => Number(b.family === first) - Number(a.family === first));
}

function usable(name: string, addresses: string[], hasV6: boolean): LookupAddress[] {
  const entries = addresses.map((address) => ({ address, family: isIP(address) }));
  const bad = entries.find(({ family }) => family === 0);
  if (bad !== undefined)
    throw new InputError("ERR_HOSTS", `The host ${name} needs an IP address, not "${bad.address}".`);
  return entries.filter(({ family }) => hasV6 || family === 4);
}

/** Asks name servers for the addresses of a name, in the order in which they are best tried. */
export type Asker = (hostname: string, family: 0 | Family) => Promise<LookupAddress[]>;

/** `dns.lookup` over a table, and over name servers for what is not there; without `ask` nobody is asked. */
export function lookupIn(hosts: HostsTable, ask: Asker | undefined): Lookup {
  return (hostname, options, callback) => {
    const { all = false } = options;
    const family = familyNumber(options.family);
    const answer = (found: LookupAddress[]): void => {
      if (found.length === 0) callback(notFoundError(hostname));
      else if (all) callback(null, found);
      else callback(null, found[0].address, found[0].family);
    };
    const known = hosts.find(hostname, family, options.order);
    // What needs no asking is answered at the next tick, a name in a later round of the event loop, as with Node.
    if (isIP(hostname)) process.nextTick(answer, known);
    else if (known.length > 0 || ask === undefined || hosts.has(hostname)) setImmediate(answer, known);
    else askFor(ask, hostname, family, options.order, answer, callback);
  };
}

function askFor(
  ask: Asker,
  hostname: string,
  family: 0 | Family,
  order: LookupOptions["order"],
  answer: (found: LookupAddress[]) => void,
  callback: LookupCallback,
): void {
  ask(hostname, family).then(
    (found) => setImmediate(answer, inOrder(found, order)),
    (error: Error) => setImmediate(callback, error),
  );
}

/**
 * Asks the core's resolver: for both families at once where none is named. Rejects with EAI_AGAIN when no server answers,
 * as Node's own look-ups do.
 */
export function askerFor(lookups: Lookups, arrange: (addresses: string[]) => string[], hasV6: boolean): Asker {
  return async (hostname, family) => {
    const types = family === 4 || !hasV6 ? [TYPE_A] : family === 6 ? [TYPE_AAAA] : [TYPE_AAAA, TYPE_A];
    const results = await Promise.all(types.map((type) => lookups.start(hostname, type)));
    const found = results.flatMap(({ addresses }) => addresses);
    if (found.length === 0 && results.some(({ outcome }) => isPassing(outcome))) throw tryAgainError(hostname);
    return arrange(found).map((address) => ({ address, family: isIP(address) }));
  };
}

const TYPE_A = 1;
const TYPE_AAAA = 28;

// What may be otherwise next time. Where nobody is known who could be asked, there are no names but those of the table.
function isPassing(outcome: LookupResult["outcome"]): boolean {
  return outcome === "TIMED_OUT" || outcome === "FAILED";
}

/** 0, 4 or 6 of what `family` may be. Throws TypeError ERR_INVALID_ARG_VALUE. */
export function familyNumber(family: unknown): 0 | Family {
  switch (family) {
    case undefined:
    case null:
    case 0:
      return 0;
    case 4:
    case "IPv4":
      return 4;
    case 6:
    case "IPv6":
      return 6;
    default:
      throw valueError("family", family, "must be one of: 0, 4, 6");
  }
}

/** The arguments of `dns.lookup`, whose options may be missing or a family alone, put in order and checked. */
export function lookupArguments(args: unknown[]): [string, LookupOptions, LookupCallback] {
  const [hostname, given] = args;
  const callback = args[args.length - 1];
  checkString(hostname, "hostname");
  checkFunction(callback, "callback");
  const options = typeof given === "object" && given !== null ? (given as LookupOptions) : {};
  if (typeof given === "number") options.family = given as 0 | Family;
  if (options.hints !== undefined) checkInteger(options.hints, "options.hints", 0, 0xffff);
  return [hostname, options, callback as LookupCallback];
}
