// `stack.dns` in the shape of node:dns: look-ups over literals, the stack's table of hosts and the core's resolver. In a
// profile without a resolver, what needs one says so.

import { isIP } from "node:net";
import { formatAddress, parseAddress } from "../core/address.ts";
import type { LookupResult, Lookups } from "../socket/lookups.ts";
import type { Family } from "./address.ts";
import { answersOf, RECORD_TYPES, type RecordTypeName } from "./dns-records.ts";
import { valueError } from "./errors.ts";
import { type HostsTable, type Lookup, type LookupAddress, type LookupOptions, lookupArguments } from "./lookup.ts";

/** An address with the seconds that it may be kept, as `resolve4` gives it with `ttl: true`. */
export interface RecordWithTtl {
  address: string;
  ttl: number;
}

export interface DnsPromises {
  /** The first address of a name, or with `all` every one. Rejects with ENOTFOUND. */
  lookup(hostname: string, options: LookupOptions & { all: true }): Promise<LookupAddress[]>;
  lookup(hostname: string, options?: LookupOptions | Family): Promise<LookupAddress>;
  /** Records of a type, "A" when none is named. Rejects with ENOTFOUND, ENODATA, ESERVFAIL, ETIMEOUT, ECONNREFUSED. */
  resolve(hostname: string, type?: RecordTypeName): Promise<unknown>;
  resolve4(hostname: string, options: { ttl: true }): Promise<RecordWithTtl[]>;
  resolve4(hostname: string, options?: { ttl?: false }): Promise<string[]>;
  resolve6(hostname: string, options: { ttl: true }): Promise<RecordWithTtl[]>;
  resolve6(hostname: string, options?: { ttl?: false }): Promise<string[]>;
  resolveAny(hostname: string): Promise<unknown>;
  resolveCaa(hostname: string): Promise<unknown>;
  resolveCname(hostname: string): Promise<unknown>;
  resolveMx(hostname: string): Promise<unknown>;
  resolveNaptr(hostname: string): Promise<unknown>;
  resolveNs(hostname: string): Promise<unknown>;
  resolvePtr(hostname: string): Promise<unknown>;
  resolveSoa(hostname: string): Promise<unknown>;
  resolveSrv(hostname: string): Promise<unknown>;
  resolveTxt(hostname: string): Promise<unknown>;
  /** The names of an address. */
  reverse(address: string): Promise<string[]>;
  /** The servers that are asked. */
  getServers(): string[];
}

export interface Dns {
  /** As `dns.lookup`: (hostname, callback), (hostname, options, callback). */
  lookup(...args: unknown[]): void;
  readonly promises: DnsPromises;
}

export interface DnsContext {
  hosts: HostsTable;
  lookups: Lookups;
  find: Lookup;
  servers(): string[];
}

/** Codes of node:dns for looks that found nothing. */
const CODES: Readonly<Record<LookupResult["outcome"], string>> = {
  FOUND: "",
  NO_NAME: "ENOTFOUND",
  NO_DATA: "ENODATA",
  TIMED_OUT: "ETIMEOUT",
  FAILED: "ESERVFAIL",
  NO_SERVER: "ECONNREFUSED",
};

const SENTENCES: Readonly<Record<string, string>> = {
  ENOTFOUND: "there is no such name",
  ENODATA: "the name has no such records",
  ETIMEOUT: "no name server answered",
  ESERVFAIL: "the name servers could not, or would not, answer",
  ECONNREFUSED: "the stack knows no name server; name one, or ask a DHCP server",
  ENOTIMP: "this profile of the stack has no resolver, only a table of hosts for lookup",
};

/** Types of which a name has one record, or which are handed on as they are. */
const SINGLE: readonly RecordTypeName[] = ["SOA"];

/** Makes the module of one stack. */
export function createDns(context: DnsContext): Dns {
  const { find } = context;
  const lookup = (hostname: string, given: LookupOptions | Family = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const options = typeof given === "number" ? { family: given } : given;
      const [, checked] = lookupArguments([hostname, options, reject]);
      find(hostname, checked, (error, address, family) => {
        if (error) reject(error);
        else resolve(options.all ? address : { address, family });
      });
    });
  return {
    lookup: (...args) => find(...lookupArguments(args)),
    promises: { ...queries(context), lookup: lookup as DnsPromises["lookup"], getServers: () => context.servers() },
  };
}

function queries(context: DnsContext): Omit<DnsPromises, "lookup" | "getServers"> {
  const of = (syscall: string, type: RecordTypeName) => (hostname: string) => records(context, syscall, hostname, type);
  return {
    resolve: async (hostname, type = "A") => {
      if (RECORD_TYPES[type] === undefined) throw valueError("rrtype", type, "is no type of records");
      return records(context, `query${titled(type)}`, hostname, type);
    },
    resolve4: addresses(context, "queryA", "A") as DnsPromises["resolve4"],
    resolve6: addresses(context, "queryAaaa", "AAAA") as DnsPromises["resolve6"],
    resolveAny: of("queryAny", "ANY"),
    resolveCaa: of("queryCaa", "CAA"),
    resolveCname: of("queryCname", "CNAME"),
    resolveMx: of("queryMx", "MX"),
    resolveNaptr: of("queryNaptr", "NAPTR"),
    resolveNs: of("queryNs", "NS"),
    resolvePtr: of("queryPtr", "PTR"),
    resolveSoa: of("querySoa", "SOA"),
    resolveSrv: of("querySrv", "SRV"),
    resolveTxt: of("queryTxt", "TXT"),
    reverse: (address) => reverse(context, address),
  };
}

function titled(type: string): string {
  return type.charAt(0) + type.slice(1).toLowerCase();
}

/** Asks for a name. Rejects with an error of node:dns when nothing is found. */
async function query(
  { lookups }: DnsContext,
  syscall: string,
  hostname: string,
  type: RecordTypeName,
): Promise<LookupResult> {
  if (!lookups.hasResolver) throw dnsError(syscall, "ENOTIMP", hostname);
  const result = await lookups.start(hostname, RECORD_TYPES[type]);
  const code = CODES[result.outcome];
  if (code !== "") throw dnsError(syscall, code, hostname);
  return result;
}

function dnsError(syscall: string, code: string, hostname: string): Error {
  const error = new Error(`${syscall} ${code} ${hostname}: ${SENTENCES[code]}.`);
  return Object.assign(error, { code, syscall, hostname });
}

function addresses(context: DnsContext, syscall: string, type: "A" | "AAAA") {
  return async (hostname: string, options: { ttl?: boolean } = {}): Promise<(string | RecordWithTtl)[]> => {
    const { addresses: found, seconds: ttl } = await query(context, syscall, hostname, type);
    return options.ttl ? found.map((address) => ({ address, ttl })) : found;
  };
}

async function records(context: DnsContext, syscall: string, hostname: string, type: RecordTypeName): Promise<unknown> {
  const result = await query(context, syscall, hostname, type);
  if (type === "A" || type === "AAAA") return result.addresses;
  const answers = answersOf(result.message);
  if (type === "ANY") return answers.map((record) => ({ type: nameOfType(record.type), value: record.value }));
  const values = answers.filter((record) => record.type === RECORD_TYPES[type]).map(({ value }) => value);
  return SINGLE.includes(type) ? values[0] : values;
}

function nameOfType(type: number): string {
  return Object.entries(RECORD_TYPES).find(([, number]) => number === type)?.[0] ?? `TYPE${type}`;
}

// Under in-addr.arpa and ip6.arpa (RFC 1035 §3.5, RFC 3596 §2.5).
async function reverse(context: DnsContext, address: string): Promise<string[]> {
  const family = isIP(address);
  if (family === 0) throw valueError("ip", address, "must be an IP address");
  const known = context.hosts.namesOf(formatAddress(parseAddress(address)));
  if (known.length > 0) return known;
  const bytes = parseAddress(address);
  const labels =
    family === 4
      ? [...bytes.subarray(12)].map(String)
      : [...bytes].flatMap((byte) => [byte >> 4, byte & 15]).map((nibble) => nibble.toString(16));
  const name = `${labels.reverse().join(".")}.${family === 4 ? "in-addr" : "ip6"}.arpa.`;
  return (await records(context, "getHostByAddr", name, "PTR")) as string[];
}
