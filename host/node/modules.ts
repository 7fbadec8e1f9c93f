// What a stack has of Node's modules, and what stands on them; each is made when it is first asked for. The bundle for
// browsers has host/web/modules.ts in this place.

import type { Agent as HttpAgent, AgentOptions as HttpAgentOptions } from "node:http";
import type { Agent as HttpsAgent, AgentOptions as HttpsAgentOptions } from "node:https";
import type { Server } from "node:net";
import type { Agent as UndiciAgent } from "undici";
import { compileFirmware, type FirmwareSource, loadFirmware } from "../core/firmware.ts";
import type { Machine } from "../machine.ts";
import { orderAddresses } from "../names.ts";
import { nameServerStatuses } from "../tables.ts";
import { createHttpAgent, createHttpsAgent } from "./agents.ts";
import { createDgram, type Dgram } from "./dgram.ts";
import { createDns, type Dns } from "./dns.ts";
import { createDispatcher, createFetch, type DispatcherOptions, type Fetch } from "./fetch.ts";
import { askerFor, type Hosts, HostsTable, type Lookup, type LookupAddress, lookupIn } from "./lookup.ts";
import { createNet, type Net } from "./net.ts";
import { type ServeOptions, serve, type UpperServer } from "./serve.ts";

export type { Dgram } from "./dgram.ts";
export type { Dns } from "./dns.ts";
export type { DispatcherOptions, Fetch } from "./fetch.ts";
export type { Hosts } from "./lookup.ts";
export type { Net } from "./net.ts";
export type { ServeOptions, UpperServer } from "./serve.ts";
export { compileFirmware, type FirmwareSource, loadFirmware };

/** What Node gives each address of several. */
const ATTEMPT_MS = 250;

/** Owner id of sockets unless somebody says otherwise: the process's. */
export function defaultOwner(): number {
  return process.pid;
}

export class Modules {
  #machine: Machine;
  #hosts: HostsTable;
  #lookup: Lookup;
  #net: Net | null = null;
  #dgram: Dgram | null = null;
  #dns: Dns | null = null;
  #fetch: Fetch | null = null;

  /** Throws InputError ERR_HOSTS. */
  constructor(machine: Machine, hosts: Hosts) {
    this.#machine = machine;
    const { core, lookups } = machine;
    const hasV6 = Boolean(core.constants.IPV6);
    this.#hosts = new HostsTable(hosts, hasV6);
    const ask = askerFor(lookups, (addresses) => orderAddresses(core, addresses), hasV6);
    this.#lookup = lookupIn(this.#hosts, lookups.hasResolver ? ask : undefined);
  }

  get net(): Net {
    this.#net ??= createNet({
      machine: this.#machine,
      lookup: this.#lookup,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
    });
    return this.#net;
  }

  get dgram(): Dgram {
    this.#dgram ??= createDgram({ machine: this.#machine, lookup: this.#lookup });
    return this.#dgram;
  }

  get dns(): Dns {
    this.#dns ??= createDns({
      hosts: this.#hosts,
      lookups: this.#machine.lookups,
      find: this.#lookup,
      servers: () => nameServerStatuses(this.#machine.core).map(({ address }) => address),
    });
    return this.#dns;
  }

  get fetch(): Fetch {
    this.#fetch ??= createFetch(() => this.dispatcher());
    return this.#fetch;
  }

  dispatcher(options?: DispatcherOptions): Promise<UndiciAgent> {
    return createDispatcher(this.net, options);
  }

  httpAgent(options?: HttpAgentOptions): HttpAgent {
    return createHttpAgent(this.net, options);
  }

  httpsAgent(options?: HttpsAgentOptions): HttpsAgent {
    return createHttpsAgent(this.net, options);
  }

  serve(above: UpperServer, options: ServeOptions): Promise<Server> {
    return serve(this.net, above, options);
  }

  /** Addresses of a name, the best first. Rejects with ENOTFOUND. */
  async find(hostname: string): Promise<string[]> {
    const found: LookupAddress[] = await this.dns.promises.lookup(hostname, { all: true });
    return found.map(({ address }) => address);
  }
}
