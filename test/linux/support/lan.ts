// Several machines on one Ethernet: a bridge of the kernel in a namespace, with a Thimble on a TAP at one of its ports
// and other namespaces, each a machine with a kernel of its own, at the others.

import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import type { WireOptions } from "../../../host/adapters.ts";
import type {
  AddressStatus,
  LeaseStatus,
  NameServerStatus,
  NeighborStatus,
  RouteStatus,
} from "../../../host/tables.ts";
import { administer, Namespace, type Outcome } from "./namespace.ts";
import { BRIDGE, STACK_MAC, TAP } from "./network.ts";
import type { Fetched } from "./talk.ts";

/** The interface of a machine on the Ethernet. */
export const ETH = "eth0";
/** Milliseconds between two looks at something that must happen, and looks until it counts as missing. */
const LOOK_AGAIN = 100;
const LOOKS = 600;

export interface AdapterOrder extends Omit<WireOptions, "wire"> {
  /** Of the whole stack. */
  nameServers?: string[];
}

export interface StackOrder {
  adapter: AdapterOrder;
  /** Of its entropy; null: from the system. */
  seed: number | null;
  /** A file for its frames; null: none. */
  pcap: string | null;
}

/** What a stack knows at a moment. */
export interface Look {
  addresses: AddressStatus[];
  routes: RouteStatus[];
  neighbors: NeighborStatus[];
  nameServers: NameServerStatus[];
  leases: LeaseStatus[];
  counters: Record<string, number>;
  /** Elements in use of each pool and table. */
  pools: Record<string, number>;
  sockets: { state: string; sndMss: number; localAddress: string }[];
  /** How often it has told of each kind of news. */
  news: { addresses: number; conflict: number; routers: number };
}

interface Answer {
  event?: string;
  id?: number;
  result?: unknown;
  error?: string;
  code?: string;
}

/** A program of talk.ts. */
export class Program {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #asked = 0;
  #said = "";

  /** Order 0 is answered when the program is ready. */
  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on("data", (chunk) => (this.#said += chunk));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on("line", (line) => this.#take(JSON.parse(line) as Answer));
    child.on("close", () => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`a program has ended; it said:\n${this.#said}`));
    });
  }

  #take({ event, id, result, error, code }: Answer): void {
    const number = event === "ready" ? 0 : (id ?? -1);
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(Object.assign(new Error(error), { code }));
  }

  started(): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(0, { resolve, reject }));
  }

  /** Rejects with the program's own error, which has a code. */
  ask<T = void>(what: string, order: object = {}): Promise<T> {
    const id = ++this.#asked;
    this.#child.stdin?.write(`${JSON.stringify({ id, do: what, ...order })}\n`);
    return new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject })) as Promise<T>;
  }

  fetch(address: string, bytes: number): Promise<Fetched> {
    return this.ask("fetch", { address, bytes });
  }

  /** Opens a connection to an echo and keeps it under a name. */
  open(name: string, address: string, from?: string): Promise<void> {
    return this.ask("open", { name, address, from });
  }

  /** Sends bytes over an open connection and gets them back. */
  exchange(name: string, bytes = 100_000): Promise<void> {
    return this.ask("exchange", { name, bytes });
  }

  end(name: string): Promise<void> {
    return this.ask("end", { name });
  }

  look(): Promise<Look> {
    return this.ask<Look>("look");
  }

  /** Looks until `isRight`; what was seen then. */
  async until(what: string, isRight: (look: Look) => boolean): Promise<Look> {
    for (let looks = 0; ; looks++) {
      const seen = await this.look();
      if (isRight(seen)) return seen;
      if (looks === LOOKS) throw new Error(`${what}: not within a minute; ${JSON.stringify(briefly(seen))}`);
      await setTimeout(LOOK_AGAIN);
    }
  }

  /** Lets it end what it does; resolves when it has. */
  stop(): Promise<void> {
    if (this.#child.exitCode !== null) return Promise.resolve();
    const ended = new Promise<void>((resolve) => this.#child.once("close", () => resolve()));
    this.#child.stdin?.end();
    return ended;
  }
}

// Without the counters that have not counted.
function briefly(look: Look): object {
  const counters = Object.entries(look.counters).filter(([, count]) => count > 0);
  return { ...look, counters: Object.fromEntries(counters), pools: undefined };
}

/** A machine with a kernel of its own, on the Ethernet with ETH. */
export class Host extends Namespace {
  constructor() {
    super();
    this.setKernel("ipv6/conf/default/accept_ra", 0);
    this.setKernel("ipv6/conf/default/accept_dad", 0);
  }

  /** Makes a router of it, for both versions. */
  forward(): void {
    this.setKernel("ipv4/ip_forward", 1);
    this.setKernel("ipv6/conf/all/forwarding", 1);
  }

  /** Runs an `ip` command whose words are in one text. */
  ip(command: string): void {
    this.administer(command.split(" "));
  }

  /** The same as data. */
  async ask<T>(command: string): Promise<T> {
    const { stdout } = await this.run("ip", ["-j", ...command.split(" ")]);
    return JSON.parse(stdout.toString()) as T;
  }

  /** Gives it an address that is not claimed but used at once. */
  addAddress(cidr: string, device = ETH): void {
    this.ip(`addr add ${cidr} dev ${device}${cidr.includes(":") ? " nodad" : ""}`);
  }

  /** Ethernet address of ETH. */
  async mac(): Promise<string> {
    const [{ address }] = await this.ask<[{ address: string }]>(`link show ${ETH}`);
    return address;
  }

  /** Its address for the link. */
  async linkLocal(): Promise<string> {
    const links = await this.ask<{ addr_info?: { local?: string }[] }[]>(`-6 addr show dev ${ETH} scope link`);
    const [found] = links.flatMap(({ addr_info }) => addr_info ?? []).filter(({ local }) => local !== undefined);
    return found?.local ?? "none";
  }

  /** Starts a program that serves pages and echoes, and connects. */
  async program(): Promise<Program> {
    const program = new Program(this.script("kernel-program.ts", {}));
    await program.started();
    return program;
  }
}

export class Lan extends Namespace {
  /** A folder for the files of this network's tests; removed with it. */
  readonly folder = mkdtempSync(join(tmpdir(), "thimble-lan-"));
  readonly captures: string[] = [];
  readonly #hosts: Host[] = [];

  constructor() {
    super();
    this.administer(["link", "add", BRIDGE, "type", "bridge", "forward_delay", "0", "mcast_snooping", "0"]);
    this.administer(["tuntap", "add", "dev", TAP, "mode", "tap"]);
    // The bridge's own kernel is to keep out of it.
    for (const device of [BRIDGE, TAP]) this.setKernel(`ipv6/conf/${device}/disable_ipv6`, 1);
    this.administer(["link", "set", TAP, "master", BRIDGE]);
    for (const device of [BRIDGE, TAP]) this.administer(["link", "set", device, "up"]);
  }

  /** Another machine on the Ethernet; it believes no routers, and uses its addresses without claiming them. */
  host(): Host {
    const host = new Host();
    this.#hosts.push(host);
    const port = `port${this.#hosts.length}`;
    administer(["link", "add", ETH, "netns", host.name, "type", "veth", "peer", "name", port, "netns", this.name]);
    this.setKernel(`ipv6/conf/${port}/disable_ipv6`, 1);
    this.administer(["link", "set", port, "master", BRIDGE, "up"]);
    host.ip(`link set ${ETH} up`);
    return host;
  }

  /** Another machine that is not on the Ethernet, but at the far end of a cable from `near`, where packets end at `mtu`. */
  behind(near: Host, link: string, mtu = 1500): Host {
    const far = new Host();
    this.#hosts.push(far);
    this.cable(near, far, link, mtu);
    return far;
  }

  /** A cable between two machines, with an interface of that name at both. */
  cable(one: Host, other: Host, link: string, mtu = 1500): void {
    administer(["link", "add", link, "netns", one.name, "type", "veth", "peer", "name", link, "netns", other.name]);
    for (const host of [one, other]) host.ip(`link set ${link} mtu ${mtu} up`);
  }

  /** Takes a machine's cable out of the Ethernet, without its noticing. */
  unplug(host: Host): void {
    this.administer(["link", "set", `port${this.#hosts.indexOf(host) + 1}`, "nomaster"]);
  }

  /** Starts a Thimble; its frames are captured unless there are too many. */
  async stack(adapter: AdapterOrder & { seed?: number }, captured = true): Promise<Program> {
    const { seed = null, ...rest } = adapter;
    const pcap = captured ? join(this.folder, `capture-${this.captures.length}.pcap`) : null;
    if (pcap !== null) this.captures.push(pcap);
    const order: StackOrder = { adapter: { mac: STACK_MAC, ...rest }, seed, pcap };
    const program = new Program(this.script("stack-program.ts", order));
    await program.started();
    return program;
  }

  protected override remove(): void {
    for (const host of this.#hosts) host.close();
    super.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A `curl` of a page of talk.ts on a machine: its bytes. */
export async function curl(host: Namespace, address: string, bytes: number, ...options: string[]): Promise<Buffer> {
  const name = address.includes(":") ? `[${address}]` : address;
  const { status, stdout, stderr }: Outcome = await host.run("curl", [
    ...["-sS", "-g", "--fail", ...options],
    `http://${name}/${bytes}`,
  ]);
  if (status !== 0) throw new Error(`curl: ${stderr}`);
  return stdout;
}

/** The first address of a stack that fits, without its prefix. */
export function addressOf(look: Look, isRight: (address: AddressStatus) => boolean): string {
  const found = look.addresses.find(isRight);
  if (!found) throw new Error(`no such address among ${JSON.stringify(look.addresses)}`);
  return found.address;
}
