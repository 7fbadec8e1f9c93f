// What the demo shows: two machines on a simulated cable in virtual time, one of which asks over IPv6 whether the other is
// there, and then fetches a page from it over IPv4. Nothing is staged: both run the whole stack, with node:http on top.

import { createServer, request } from "node:http";
import { VirtualClock } from "../clock.ts";
import type { LadderEvent } from "../inspect/ladder.ts";
import { Recorder } from "../inspect/recorder.ts";
import { createStack, type Stack } from "../stack.ts";
import type { SocketStatus } from "../status.ts";
import { createCable } from "../wire/cable.ts";
import { captureWire } from "../wire/capture.ts";
import type { Impairments } from "../wire/impair.ts";
import type { Wire } from "../wire/wire.ts";
import { DEMO_PAGE } from "./demo-page.ts";
import { sentenceOf } from "./errors.ts";
import { httpStream, serveHttp } from "./http-connections.ts";
import { speaksIpv6 } from "./own-addresses.ts";

/** One of the two. `owner` is the id of the process that its sockets would belong to, `program` that one's name. */
export interface DemoMachine {
  name: string;
  address: string;
  /** Where the profile has IPv6. */
  address6: string;
  mac: string;
  owner: number;
  program: string;
}

export const CLIENT: DemoMachine = {
  name: "client",
  address: "10.0.0.1",
  address6: "2001:db8::1",
  mac: "02:00:00:00:00:01",
  owner: 101,
  program: "browser",
};
export const SERVER: DemoMachine = {
  name: "server",
  address: "10.0.0.2",
  address6: "2001:db8::2",
  mac: "02:00:00:00:00:02",
  owner: 102,
  program: "httpd",
};

export interface DemoOptions {
  impairments: Impairments;
  seed: number;
  profile: string;
  /** File for what the client's adapter sends and receives. */
  pcap?: string;
}

/** The sockets of both machines at one moment (microseconds of virtual time). */
export interface Snapshot {
  time: number;
  client: SocketStatus[];
  server: SocketStatus[];
}

export interface DemoRun {
  /** The clock's time at the beginning, from which all other times count; before it the machines have come to rest. */
  start: number;
  events: readonly LadderEvent[];
  before: Snapshot;
  /** With bytes of the page under way; null when it never came to that. */
  during: Snapshot | null;
  after: Snapshot;
  /** When TIME-WAIT is over, too. */
  later: Snapshot;
  /** Over IPv6; null where the profile has none. */
  ping: Ping | null;
  page: Page | null;
  /** Why there is no page. */
  error: string | null;
  counters: { client: Record<string, number>; server: Record<string, number> };
}

/** Whether the server has answered the client's echo request. */
export interface Ping {
  address: string;
  /** From request to reply; null when none came. */
  micros: number | null;
}

/** What the browser got. */
export interface Page {
  status: number;
  bytes: number;
  /** Byte for byte what the server has. */
  intact: boolean;
  /** Microseconds from the call of connect to the last byte. */
  micros: number;
}

const PORT = 80;
const LONGEST_MICROS = 3600e6;
/** Longer than the claim of addresses and the reports of groups take. */
const REST_MICROS = 20e6;
const PING_TIMEOUT_MS = 4000;
const AT_REST: SocketStatus["state"][] = ["LISTEN", "CLOSED"];

/** Plays the whole conversation; the same options give the same run. */
export async function playDemo(options: DemoOptions): Promise<DemoRun> {
  const clock = new VirtualClock();
  const { profile, seed, impairments, pcap } = options;
  const cable = createCable({ ...impairments, clock });
  const recorder = new Recorder(clock, cable, [CLIENT.name, SERVER.name]);
  const [left, right] = recorder.wires();
  const hasV6 = await speaksIpv6(profile);
  const start = (machine: DemoMachine, wire: Wire, stackSeed: number): Promise<Stack> => {
    const { name, owner, mac, address, address6 } = machine;
    const own = hasV6 ? [`${address}/24`, `${address6}/64`] : [`${address}/24`];
    return createStack({ name, owner, clock, profile, seed: stackSeed, wires: [{ wire, mac, address: own }] });
  };
  const client = await start(CLIENT, pcap === undefined ? left : captureWire(left, pcap, clock), seed);
  const server = await start(SERVER, right, seed + 1);
  try {
    return await new Play(clock, recorder, client, server).run(hasV6);
  } finally {
    await Promise.all([client.close({ linger: 0 }), server.close({ linger: 0 })]);
  }
}

class Play {
  readonly #clock: VirtualClock;
  readonly #recorder: Recorder;
  readonly #client: Stack;
  readonly #server: Stack;
  #during: Snapshot | null = null;
  #pinged: Ping | null = null;
  #page: Page | null = null;
  #error: string | null = null;

  constructor(clock: VirtualClock, recorder: Recorder, client: Stack, server: Stack) {
    this.#clock = clock;
    this.#recorder = recorder;
    this.#client = client;
    this.#server = server;
  }

  async run(hasV6: boolean): Promise<DemoRun> {
    await this.#comeToRest();
    const counted = this.#counters();
    this.#recorder.begin();
    const start = this.#clock.now();
    await this.#openServer();
    const before = this.#snapshot();
    this.#recorder.remark("netstat 1, before");
    if (hasV6) await this.#ping();
    this.#fetch().catch((error: unknown) => {
      this.#error = sentenceOf(error);
    });
    const isAnswered = await this.#goOnUntil(() => this.#page !== null || this.#error !== null);
    if (!isAnswered) this.#error ??= "nothing more happened within an hour of virtual time";
    await this.#goOnUntil(() => this.#isOver());
    this.#recorder.remark("netstat 3, after");
    const after = this.#snapshot();
    // What comes later is only that the machines make sure of each other now and then.
    const events = [...this.#recorder.events];
    const counters = difference(this.#counters(), counted);
    await this.#goOnUntil(() => this.#rows().every(({ state }) => AT_REST.includes(state)));
    const later = this.#snapshot();
    const snapshots = { before, during: this.#during, after, later };
    return { start, events, ...snapshots, ping: this.#pinged, page: this.#page, error: this.#error, counters };
  }

  // Both make sure that nobody has their addresses, and tell which groups they are in (RFC 4862, RFC 3810).
  async #comeToRest(): Promise<void> {
    let isOver = false;
    this.#clock.at(this.#clock.now() + REST_MICROS, () => {
      isOver = true;
    });
    await this.#goOnUntil(() => isOver);
  }

  async #ping(): Promise<void> {
    const { address6: address } = SERVER;
    let ended = false;
    void this.#client
      .ping(address, { timeout: PING_TIMEOUT_MS })
      .then(
        ({ micros }) => micros,
        () => null,
      )
      .then((micros) => {
        this.#pinged = { address, micros };
        ended = true;
      });
    await this.#goOnUntil(() => ended);
  }

  async #openServer(): Promise<void> {
    const http = createServer((_request, response) => {
      // The date of the real day would make every run another one.
      response.sendDate = false;
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.setHeader("Content-Length", Buffer.byteLength(DEMO_PAGE));
      response.end(DEMO_PAGE);
    });
    const listener = await this.#server.listen({ port: PORT });
    void serveHttp(http, listener);
  }

  // The browser keeps the connection open until it has the page, so that it is the one to say good-bye first.
  async #fetch(): Promise<void> {
    const began = this.#clock.now();
    const connection = await this.#client.connect({ address: SERVER.address, port: PORT });
    const stream = httpStream(connection);
    const chunks: Buffer[] = [];
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { Host: SERVER.address, Connection: "keep-alive" };
      request({ path: "/", headers, createConnection: () => stream }, (response) => {
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => resolve(response.statusCode ?? 0));
      })
        .on("error", reject)
        .end();
    });
    const body = Buffer.concat(chunks);
    const intact = body.equals(Buffer.from(DEMO_PAGE));
    this.#page = { status, bytes: body.length, intact, micros: this.#clock.now() - began };
    stream.end();
  }

  /** Lets virtual time go on until `isReached`; false when nothing is due any more, or after an hour. */
  async #goOnUntil(isReached: () => boolean): Promise<boolean> {
    for (;;) {
      // Everything that the last step has woken in this process gets its turn before time goes on.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (isReached()) return true;
      if (this.#clock.next() > LONGEST_MICROS || !this.#clock.step()) return false;
      this.#look();
    }
  }

  #look(): void {
    const client = this.#client.sockets();
    const server = this.#server.sockets();
    this.#recorder.sample(CLIENT.name, client);
    this.#recorder.sample(SERVER.name, server);
    const isSending = server.some(({ state, sendQ }) => state === "ESTABLISHED" && sendQ > 0);
    if (this.#during !== null || !isSending) return;
    this.#during = { time: this.#recorder.time, client, server };
    this.#recorder.remark("netstat 2, during");
  }

  #isOver(): boolean {
    const isOver = this.#rows().every(({ state }) => AT_REST.includes(state) || state === "TIME_WAIT");
    // What has just arrived may still be answered.
    return isOver && !this.#recorder.isBusy && this.#clock.next() > this.#clock.now();
  }

  #rows(): SocketStatus[] {
    return [...this.#client.sockets(), ...this.#server.sockets()].filter(({ kind }) => kind === "tcp");
  }

  #snapshot(): Snapshot {
    return { time: this.#recorder.time, client: this.#client.sockets(), server: this.#server.sockets() };
  }

  #counters(): DemoRun["counters"] {
    return { client: this.#client.counters(), server: this.#server.counters() };
  }
}

function difference(now: DemoRun["counters"], before: DemoRun["counters"]): DemoRun["counters"] {
  const since = (machine: "client" | "server"): Record<string, number> =>
    Object.fromEntries(
      Object.entries(now[machine]).map(([name, value]) => [name, value - (before[machine][name] ?? 0)]),
    );
  return { client: since("client"), server: since("server") };
}
