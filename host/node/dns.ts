// `stack.dns`: look-ups over literals and the stack's table of hosts, in the shape of node:dns. What needs a resolver
// says so.

import type { Family } from "./address.ts";
import {
  type HostsTable,
  type Lookup,
  type LookupAddress,
  type LookupOptions,
  lookupArguments,
  lookupIn,
} from "./lookup.ts";

/** Queries of node:dns that go to a name server. */
const QUERIES = [
  "lookupService",
  "resolve",
  "resolve4",
  "resolve6",
  "resolveAny",
  "resolveCaa",
  "resolveCname",
  "resolveMx",
  "resolveNaptr",
  "resolveNs",
  "resolvePtr",
  "resolveSoa",
  "resolveSrv",
  "resolveTxt",
  "reverse",
] as const;

type Query = (typeof QUERIES)[number];
type Refusal = (name: string, ...rest: unknown[]) => Promise<never>;

export interface DnsPromises extends Record<Query, Refusal> {
  /** The first address of a name, or with `all` every one. Rejects with ENOTFOUND. */
  lookup(hostname: string, options: LookupOptions & { all: true }): Promise<LookupAddress[]>;
  lookup(hostname: string, options?: LookupOptions | Family): Promise<LookupAddress>;
  /** None: nobody is asked. */
  getServers(): string[];
}

export interface Dns {
  /** As `dns.lookup`: (hostname, callback), (hostname, options, callback). */
  lookup(...args: unknown[]): void;
  readonly promises: DnsPromises;
}

/** Makes the module of one stack. */
export function createDns(hosts: HostsTable): Dns {
  const find: Lookup = lookupIn(hosts);
  const lookup = (hostname: string, given: LookupOptions | Family = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const options = typeof given === "number" ? { family: given } : given;
      const [, checked] = lookupArguments([hostname, options, reject]);
      find(hostname, checked, (error, address, family) => {
        if (error) reject(error);
        else resolve(options.all ? address : { address, family });
      });
    });
  const queries = Object.fromEntries(QUERIES.map((query) => [query, (name: string) => refuse(query, name)]));
  return {
    lookup: (...args) => find(...lookupArguments(args)),
    promises: { ...(queries as Record<Query, Refusal>), lookup: lookup as DnsPromises["lookup"], getServers: () => [] },
  };
}

async function refuse(query: Query, name: string): Promise<never> {
  const error = new Error(`${query} ENOTIMP ${name}: this stack has no resolver, only a table of hosts for lookup.`);
  throw Object.assign(error, { code: "ENOTIMP", syscall: query, hostname: name });
}
