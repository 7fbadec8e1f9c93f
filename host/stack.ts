// A TCP/IP stack as applications see it: a machine with adapters, addresses and routes, and sockets in promises.

import { News } from "../assembly/abi/addresses.ts";
import { Application } from "../assembly/abi/applications.ts";
import { Errno } from "../assembly/abi/errno.ts";
import { SocketKind, SocketOption } from "../assembly/abi/sockets.ts";
import { Network, planAdapter, plugIn, type WireOptions } from "./adapters.ts";
import { type BrowseOptions, Browser, type FetchedPage } from "./applications/browser.ts";
import { WebServer, type WebServerOptions } from "./applications/web-server.ts";
import { type Clock, RealClock } from "./clock.ts";
import { checkPort, parseAddress } from "./core/address.ts";
import type { Core } from "./core/core.ts";
import { InputError, stackError } from "./errors.ts";
import type { EmulatedMac } from "./mac/mac.ts";
import { Machine } from "./machine.ts";
import { Names, orderAddresses } from "./names.ts";
import {
  compileFirmware,
  type Dgram,
  type DispatcherOptions,
  type Dns,
  defaultOwner,
  type Fetch,
  type FirmwareSource,
  type Hosts,
  loadFirmware,
  Modules,
  type Net,
  type ServeOptions,
  type UpperServer,
} from "./node/modules.ts";
import { Random } from "./random.ts";
import { ambientRecording } from "./replay/ambient.ts";
import type { Recording } from "./replay/recording.ts";
import type { Target } from "./socket/calls.ts";
import type { LookupResult } from "./socket/lookups.ts";
import { type PingOptions, type PingReply, ping } from "./socket/ping.ts";
import { checkProtocol, type RawOptions, RawSocket } from "./socket/raw-socket.ts";
import { type ConnectOptions, connectStream } from "./socket/tcp-connect.ts";
import { TcpConnection } from "./socket/tcp-connection.ts";
import { TcpListener } from "./socket/tcp-listener.ts";
import { setTcpOptions, type TcpOptions } from "./socket/tcp-options.ts";
import { UdpSocket } from "./socket/udp-socket.ts";
import * as status from "./status.ts";
import * as tables from "./tables.ts";
import { createWeb, type Web } from "./web/web.ts";

export interface StackOptions {
  /** The machine's adapters: what each is plugged into, and its addresses and routes. */
  wires: WireOptions[];
  /** True: the machine is a router between its adapters. */
  forwarding?: boolean;
  /** Default: a clock of real time that all stacks of the process share. */
  clock?: Clock;
  /**
   * 16 secret bytes from which `autoconfigure` makes stable IPv6 addresses (RFC 7217): who keeps them has the same addresses
   * in the same networks after every start. Default: other ones at each start.
   */
  identity?: Uint8Array;
  /** Of the stack's entropy, for runs that repeat exactly. Default: from the system. */
  seed?: number;
  /** Name of the build of the core, a folder of boards/. Default "node". */
  profile?: string;
  /** The core itself instead of a profile's name: bytes, a compiled module, or where it is. */
  wasm?: FirmwareSource;
  /** For people; default "stack". */
  name?: string;
  /** The build that explains traps instead of just trapping. */
  debug?: boolean;
  /** Owner id of its sockets as netstat shows it; default the process's. */
  owner?: number;
  /** Names that the sockets of `net` and `dgram` find without asking anybody, and their addresses. */
  hosts?: Hosts;
  /** Name servers to ask, such as "10.0.0.53", besides those that routers and DHCP servers tell of. */
  nameServers?: string[];
  /** Where names without a dot are looked for; default: where a DHCP server says. */
  searchDomain?: string;
  /** The machine's own name, one label, which DHCP servers are told. */
  hostName?: string;
  /** Bus address of the core's linear memory, where a board has it elsewhere than at the default, 0. */
  dmaBase?: number;
  /** Where all that happens in the stack is written down, to be run again. Default: that of `recordAll`, if any; null: none. */
  recording?: Recording | null;
}

export interface ListenOptions extends TcpOptions {
  /** 0: chosen by the stack. */
  port: number;
  /** Default: any of the machine's. */
  address?: string;
  /** Connections that may wait to be accepted; default 128. */
  backlog?: number;
  /** Number of the adapter through which alone connections come; default: any. */
  adapter?: number;
}

export interface UdpOptions {
  /** Default 0: chosen by the stack. */
  port?: number;
  /** Default: any of the machine's; a group's: only what comes for that group. */
  address?: string;
  /** Shares the port with other sockets that say so, too: each gets what comes for groups and for everybody. */
  reuseAddr?: boolean;
  /** Number of the adapter through which alone datagrams come and go; default: any. */
  adapter?: number;
}

export interface CloseOptions {
  /** Milliseconds that connections get to send what they have and to end; default 1000. 0: reset them. */
  linger?: number;
}

/** What has changed in a machine. */
export interface NewsReport {
  /** An address became usable, or is no longer. */
  addresses: boolean;
  /** Somebody else on the link has an address of ours. */
  conflict: boolean;
  /** A router, a route or a name server came or went. */
  routers: boolean;
}

const IDENTITY_BYTES = 16;
const DEFAULT_BACKLOG = 128;
const DEFAULT_LINGER_MS = 1000;
const UNSPECIFIED_V4 = parseAddress("0.0.0.0");

let sharedClock: RealClock | null = null;

/** The clock of real time that stacks use when they are given none. */
export function realClock(): RealClock {
  sharedClock ??= new RealClock();
  return sharedClock;
}

/** Starts a stack. Rejects with InputError on what cannot be used, StackError when the profile is too small for it. */
export async function createStack(options: StackOptions): Promise<Stack> {
  if (!Array.isArray(options?.wires)) {
    throw new InputError(
      "ERR_WIRE",
      'A stack needs wires: createStack({ wires: [{ wire, address: "10.0.0.1/24" }] }).',
    );
  }
  const adapters = options.wires.map(planAdapter);
  const module = await (options.wasm === undefined
    ? loadFirmware(options.profile ?? "node", options.debug ?? false)
    : compileFirmware(options.wasm));
  const { name = "stack", dmaBase = 0, recording = ambientRecording() } = options;
  const machine = await Machine.start({
    module,
    seeds: entropy(options.seed),
    clock: options.clock ?? realClock(),
    owner: options.owner ?? defaultOwner(),
    dmaBase,
    ...(recording && { track: recording.track({ name, module, dmaBase }) }),
  });
  if (options.identity !== undefined) setIdentity(machine.core, options.identity);
  const names = new Names(machine);
  for (const server of options.nameServers ?? []) names.addServer(server);
  if (options.searchDomain !== undefined) names.setDomain(options.searchDomain);
  if (options.hostName !== undefined) names.setHostName(options.hostName);
  for (const adapter of adapters) plugIn(machine, adapter);
  const stack = new Stack(machine, name, options.hosts ?? {});
  if (options.forwarding) stack.network.setForwarding(true);
  machine.runner.wake();
  return stack;
}

export class Stack {
  readonly name: string;
  readonly clock: Clock;
  readonly core: Core;
  /** The adapters' hardware, by adapter index. */
  readonly macs: readonly EmulatedMac[];
  /** Addresses, routes and adapters, to be changed while the stack runs. */
  readonly network: Network;
  /** Names: whom to ask, what is known without asking, and what is served to others. */
  readonly names: Names;
  #machine: Machine;
  #modules: Modules;
  #web: Web | null = null;
  #browser: Browser | null = null;
  #closing: Promise<void> | null = null;

  /** `createStack` makes these. */
  constructor(machine: Machine, name: string, hosts: Hosts) {
    this.#machine = machine;
    this.#modules = new Modules(machine, hosts);
    this.name = name;
    this.clock = machine.clock;
    this.core = machine.core;
    this.macs = machine.macs;
    this.network = new Network(machine);
    this.names = new Names(machine);
  }

  /** The module node:net over this stack: sockets and servers that libraries take for Node's own. */
  get net(): Net {
    return this.#modules.net;
  }

  /** The module node:dgram over this stack. */
  get dgram(): Dgram {
    return this.#modules.dgram;
  }

  /** The module node:dns over this stack's table of hosts and its resolver. */
  get dns(): Dns {
    return this.#modules.dns;
  }

  /** The global `fetch` over this stack: `http:` and `https:`. */
  get fetch(): Fetch {
    return this.#modules.fetch;
  }

  /** An Agent of undici, for its own functions and for `fetch({ dispatcher })`, with options such as `tls` and `allowH2`. */
  dispatcher(options?: DispatcherOptions): ReturnType<Modules["dispatcher"]> {
    return this.#modules.dispatcher(options);
  }

  /** An agent for `http.request`; its options are those of `http.Agent`. */
  httpAgent(...options: Parameters<Modules["httpAgent"]>): ReturnType<Modules["httpAgent"]> {
    return this.#modules.httpAgent(...options);
  }

  /** An agent for `https.request`; its options are those of `https.Agent`, certificates among them. */
  httpsAgent(...options: Parameters<Modules["httpsAgent"]>): ReturnType<Modules["httpsAgent"]> {
    return this.#modules.httpsAgent(...options);
  }

  /**
   * Opens a port for a server of node:http, https, http2 or tls: `await stack.serve(http.createServer(…), { port: 80 })`.
   * Resolves to the server of node:net whose `close` closes the port. Rejects with EADDRINUSE, EADDRNOTAVAIL.
   */
  serve(server: UpperServer, options: ServeOptions): ReturnType<Modules["serve"]> {
    return this.#modules.serve(server, options);
  }

  /** Sockets of web streams, as Direct Sockets shapes them: `TCPSocket`, `TCPServerSocket`, `UDPSocket`. */
  get web(): Web {
    this.#web ??= createWeb(this, (name) => this.#modules.find(name));
    return this.#web;
  }

  /**
   * Asks name servers for records of a type, by its number (RFC 1035 §3.2.2). Throws InputError ERR_NAME, StackError ENFILE
   * or, where the profile has no resolver, EOPNOTSUPP.
   */
  resolve(name: string, type: number): Promise<LookupResult> {
    this.#refuseWhenClosed("resolve");
    return this.#machine.lookups.start(name, type);
  }

  /** Connects a TCP socket. Rejects with StackError: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH… */
  async connect(options: ConnectOptions): Promise<TcpConnection> {
    this.#refuseWhenClosed("connect");
    const { calls, owner } = this.#machine;
    const remote: Target = { bytes: parseAddress(options.address), port: checkPort(options.port) };
    const local = localTarget(options.localAddress, options.localPort);
    const fd = calls.open(SocketKind.STREAM, owner);
    try {
      if (options.adapter !== undefined) calls.setOption(fd, SocketOption.BOUND_ADAPTER, options.adapter);
      if (local !== null) calls.bind(fd, local);
      await connectStream(this.#machine, fd, remote, options);
      return new TcpConnection(this.#machine, fd);
    } catch (error) {
      if (!this.#machine.gone) calls.close(fd);
      throw error;
    }
  }

  /** Opens a TCP port; connections get its options. Rejects with StackError: EADDRINUSE, EADDRNOTAVAIL, ENFILE. */
  async listen(options: ListenOptions): Promise<TcpListener> {
    const { calls } = this.#machine;
    const place = { ...options, port: checkPort(options.port, 0) };
    const fd = this.#bind("listen", SocketKind.STREAM, place, (fd) => setTcpOptions({ calls, fd }, options));
    try {
      calls.listen(fd, options.backlog ?? DEFAULT_BACKLOG);
    } catch (error) {
      calls.close(fd);
      throw error;
    }
    return new TcpListener(this.#machine, fd);
  }

  /** Opens a UDP port. Rejects with StackError: EADDRINUSE, EADDRNOTAVAIL, ENFILE. */
  async udp(options: UdpOptions = {}): Promise<UdpSocket> {
    const { calls } = this.#machine;
    const fd = this.#bind("udp", SocketKind.DATAGRAM, options, (fd) => {
      if (options.reuseAddr) calls.setOption(fd, SocketOption.REUSE_ADDRESS, 1);
    });
    return new UdpSocket(this.#machine, fd);
  }

  /**
   * A socket of another protocol upon IP, or a look at what comes of any. Rejects with StackError: EADDRNOTAVAIL, ENFILE,
   * EPROTONOSUPPORT where the profile has no raw sockets.
   */
  async raw(options: RawOptions): Promise<RawSocket> {
    const { calls } = this.#machine;
    const place = { ...options, port: checkProtocol(options.protocol) };
    const fd = this.#bind("raw", SocketKind.RAW, place, (fd) => {
      if (options.checksum !== undefined) calls.setOption(fd, SocketOption.CHECKSUM, options.checksum);
    });
    return new RawSocket(this.#machine, fd);
  }

  /** Addresses that one peer has, in the order in which they are best tried (RFC 6724 §6). Throws InputError. */
  orderAddresses(addresses: readonly string[]): string[] {
    return orderAddresses(this.core, addresses);
  }

  /** One ICMP echo. Rejects with StackError: ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EMSGSIZE, ENOBUFS. */
  async ping(address: string, options: PingOptions = {}): Promise<PingReply> {
    this.#refuseWhenClosed("ping");
    return ping(this.#machine, address, options);
  }

  /**
   * Opens the module's web server. Rejects with StackError: EOPNOTSUPP where the profile has none, EALREADY when it is open,
   * EADDRINUSE, ENFILE.
   */
  async serveWeb(options: WebServerOptions = {}): Promise<WebServer> {
    this.#refuseWhenClosed("serveWeb");
    return new WebServer(this.#machine, options);
  }

  /**
   * Fetches a page with the module's browser: resolves when the answer's head has come. Rejects with FetchError for an answer
   * that cannot be used, StackError for a server that cannot be reached and EOPNOTSUPP where the profile has no browser.
   */
  async browse(url: string, options: BrowseOptions = {}): Promise<FetchedPage> {
    this.#refuseWhenClosed("browse");
    this.#browser ??= new Browser(this.#machine, async (name) => {
      const { address } = await this.dns.promises.lookup(name);
      return parseAddress(address);
    });
    return this.#browser.fetch(url, options);
  }

  /**
   * Asks something of the application that was built into the module (`npm run application`): what the operation means is
   * between the two. Its answer, a whole number. Throws StackError where it is negative, EOPNOTSUPP where there is none.
   */
  callApplication(operation: number, a = 0, b = 0, c = 0, d = 0): number {
    this.#refuseWhenClosed("callApplication");
    const answer = this.core.exports.call(Application.OWN, operation, a, b, c, d);
    if (answer < 0) throw stackError(answer, "callApplication");
    this.#machine.runner.wake();
    return answer;
  }

  /** All sockets, listeners and remains of connections: what netstat shows. */
  sockets(): status.SocketStatus[] {
    return status.socketStatuses(this.core);
  }

  /** Everything the stack has counted, by MIB name. */
  counters(): Record<string, number> {
    return status.counterValues(this.core);
  }

  /** The memory map, with what is used of each pool. */
  memory(): status.RegionStatus[] {
    return status.regionStatuses(this.core);
  }

  neighbors(): tables.NeighborStatus[] {
    return tables.neighborStatuses(this.core);
  }

  routes(): tables.RouteStatus[] {
    return tables.routeStatuses(this.core);
  }

  addresses(): tables.AddressStatus[] {
    return tables.addressStatuses(this.core);
  }

  adapters(): tables.AdapterStatus[] {
    return tables.adapterStatuses(this.core);
  }

  /** What adapters that ask DHCP servers have from them. */
  leases(): tables.LeaseStatus[] {
    return tables.leaseStatuses(this.core);
  }

  /** Name servers that people have named, and that routers and DHCP servers have told of. */
  nameServers(): tables.NameServerStatus[] {
    return tables.nameServerStatuses(this.core);
  }

  /**
   * Resolves when no address is being claimed any more: each is usable, or turned out to be somebody else's, which
   * `addresses()` shows as DUPLICATE.
   */
  async ready(): Promise<void> {
    while (!this.#machine.gone && this.addresses().some(({ state }) => state === "TENTATIVE")) {
      await this.#machine.news();
    }
  }

  /** Calls back whenever addresses, routers or name servers have changed, or somebody else has an address of ours. */
  onNews(callback: (news: NewsReport) => void): void {
    this.#machine.onNews = (bits) => {
      callback({
        addresses: (bits & News.ADDRESSES) !== 0,
        conflict: (bits & News.CONFLICT) !== 0,
        routers: (bits & News.ROUTERS) !== 0,
      });
    };
  }

  /** The groups that its adapters are in. */
  groups(): tables.GroupStatus[] {
    return tables.groupStatuses(this.core);
  }

  /** Runs the core at once instead of soon. */
  pollNow(): void {
    this.#machine.runner.pollNow();
  }

  /** Closes every socket, lets connections end, then closes the wires. The same promise however often it is called. */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close((options.linger ?? DEFAULT_LINGER_MS) * 1000);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // A new socket at its place, after `prepare`; closed again when either goes wrong.
  #bind(
    syscall: string,
    kind: SocketKind,
    { address, port, adapter }: { address?: string; port?: number; adapter?: number },
    prepare: (fd: number) => void,
  ): number {
    this.#refuseWhenClosed(syscall);
    const { calls, owner } = this.#machine;
    const local = localTarget(address, port) ?? { bytes: UNSPECIFIED_V4, port: 0 };
    const fd = calls.open(kind, owner);
    try {
      if (adapter !== undefined) calls.setOption(fd, SocketOption.BOUND_ADAPTER, adapter);
      prepare(fd);
      calls.bind(fd, local);
      return fd;
    } catch (error) {
      calls.close(fd);
      throw error;
    }
  }

  #refuseWhenClosed(syscall: string): void {
    if (this.#closing !== null || this.#machine.gone) throw stackError(-Errno.ENETDOWN, syscall);
  }

  async #close(lingerMicros: number): Promise<void> {
    const machine = this.#machine;
    if (!machine.gone && lingerMicros > 0) {
      const release = machine.clock.hold();
      await new Promise<void>((resolve) => {
        const timer = machine.clock.at(machine.clock.now() + lingerMicros, resolve);
        const closed = Promise.all(machine.sockets.handlers().map((handler) => handler.close()));
        closed
          .then(() => machine.quiet())
          .then(() => timer.cancel())
          .then(resolve);
      });
      release();
    }
    machine.destroy();
  }
}

function localTarget(address: string | undefined, port: number | undefined): Target | null {
  if (address === undefined && port === undefined) return null;
  return { bytes: address === undefined ? UNSPECIFIED_V4 : parseAddress(address), port: checkPort(port ?? 0, 0) };
}

function setIdentity(core: Core, identity: Uint8Array): void {
  if (identity.length !== IDENTITY_BYTES) {
    throw new InputError("ERR_IDENTITY", `An identity has ${IDENTITY_BYTES} bytes, not ${identity.length}.`);
  }
  const answer = core.exports.setIdentity(core.putAddress(identity));
  if (answer < 0) throw stackError(answer, "setIdentity");
}

function entropy(seed: number | undefined): ArrayLike<number> {
  if (seed === undefined) return crypto.getRandomValues(new Uint32Array(4));
  if (!Number.isSafeInteger(seed)) throw new InputError("ERR_SEED", `A seed is a whole number, not ${seed}.`);
  const random = new Random(seed);
  return Array.from({ length: 4 }, () => random.u32());
}
