// The side of tests that waits for them: one test at a time, on one port for control, TCP streams and UDP streams.

import type { TcpConnection } from "../../socket/tcp-connection.ts";
import type { TcpListener } from "../../socket/tcp-listener.ts";
import type { UdpSocket } from "../../socket/udp-socket.ts";
import type { Stack } from "../../stack.ts";
import { Failure, sentenceOf } from "../errors.ts";
import { type Flow, TcpFlow } from "./flow.ts";
import {
  ByteReader,
  COOKIE_BYTES,
  ControlConnection,
  directions,
  type Parameters,
  type Results,
  State,
  UDP_HELLO,
  UDP_WELCOME,
  UNIMPLEMENTED,
} from "./protocol.ts";
import { type TestObserver, TestRun } from "./test-run.ts";
import { UdpFlow } from "./udp-flow.ts";

export interface ServerObserver extends TestObserver {
  accepted(peer: { address: string; port: number }): void;
  finished(run: TestRun, remote: Results): void;
  /** A test that came to nothing. */
  failed(sentence: string): void;
}

export interface ServerOptions {
  port: number;
  address?: string;
  interval: number;
  /** Ends after one test. */
  once?: boolean;
}

const MOST_STREAMS = 128;
const MOST_BLOCK_BYTES = 1024 * 1024;
const LEAST_UDP_BYTES = 16;

/** Opens the port; the promise that comes with it ends after one test where `once` says so, else with the stack. */
export async function runServer(
  stack: Stack,
  options: ServerOptions,
  observer: ServerObserver,
): Promise<{ done: Promise<void>; close(): void }> {
  const place = { port: options.port, ...(options.address === undefined ? {} : { address: options.address }) };
  const listener = await stack.listen(place);
  const datagrams = await stack.udp(place);
  const server = new Server(listener, datagrams, options, observer);
  return { done: server.serve(), close: () => server.close() };
}

class Server {
  #listener: TcpListener;
  #datagrams: UdpSocket;
  #options: ServerOptions;
  #observer: ServerObserver;
  #test: ServerTest | null = null;
  #onOnce = (): void => {};

  constructor(listener: TcpListener, datagrams: UdpSocket, options: ServerOptions, observer: ServerObserver) {
    this.#listener = listener;
    this.#datagrams = datagrams;
    this.#options = options;
    this.#observer = observer;
  }

  async serve(): Promise<void> {
    const one = new Promise<void>((resolve) => {
      this.#onOnce = resolve;
    });
    await Promise.race([this.#acceptAll(), this.#takeDatagrams(), one]);
    this.close();
  }

  close(): void {
    this.#test?.terminate();
    this.#listener.close();
    this.#datagrams.close();
  }

  async #acceptAll(): Promise<void> {
    for await (const connection of this.#listener) {
      void this.#welcome(connection).catch(() => connection.abort());
    }
  }

  async #takeDatagrams(): Promise<void> {
    for await (const { data, address, port } of this.#datagrams) this.#test?.takeDatagram(data, { address, port });
  }

  // The cookie tells what a connection is for: a stream of the test that runs, or a test of its own.
  async #welcome(connection: TcpConnection): Promise<void> {
    const reader = new ByteReader(connection);
    const cookie = await reader.exactly(COOKIE_BYTES);
    if (cookie === null) return connection.abort();
    if (this.#test !== null) {
      if (this.#test.takeStream(connection, Buffer.from(cookie), reader.rest)) return;
      await connection.write(Uint8Array.of(State.ACCESS_DENIED & 0xff));
      return connection.close();
    }
    const control = new ControlConnection(connection, reader);
    this.#test = new ServerTest(control, Buffer.from(cookie), this.#datagrams, this.#options.interval, this.#observer);
    this.#observer.accepted({ address: connection.remoteAddress, port: connection.remotePort });
    try {
      await this.#test.run();
    } catch (error) {
      this.#observer.failed(sentenceOf(error));
    } finally {
      this.#test.end();
      this.#test = null;
      await connection.close();
      if (this.#options.once) this.#onOnce();
    }
  }
}

class ServerTest {
  #control: ControlConnection;
  #cookie: Buffer;
  #datagrams: UdpSocket;
  #interval: number;
  #observer: ServerObserver;
  #parameters: Parameters | null = null;
  /** Which streams this side sends on; as many as there are to be. */
  #directions: boolean[] = [];
  #flows: Flow[] = [];
  #byPeer = new Map<string, UdpFlow>();
  #onComplete = (): void => {};
  #complete = new Promise<void>((resolve) => {
    this.#onComplete = resolve;
  });
  #test: TestRun | null = null;

  constructor(
    control: ControlConnection,
    cookie: Buffer,
    datagrams: UdpSocket,
    interval: number,
    observer: ServerObserver,
  ) {
    this.#control = control;
    this.#cookie = cookie;
    this.#datagrams = datagrams;
    this.#interval = interval;
    this.#observer = observer;
  }

  async run(): Promise<void> {
    const control = this.#control;
    await control.sendState(State.PARAM_EXCHANGE);
    const parameters = await this.#agree();
    this.#parameters = parameters;
    this.#directions = directions(parameters, "server");
    await control.sendState(State.CREATE_STREAMS);
    // From here on the client may end the test at any time.
    const ended = this.#untilEnd();
    await Promise.race([this.#complete, ended]);
    await control.sendState(State.TEST_START);
    const run = new TestRun(this.#flows, parameters, this.#interval, this.#observer);
    this.#test = run;
    run.start(false);
    await control.sendState(State.TEST_RUNNING);
    await ended;
    // What came before the client's word, and lies ready, counts.
    await new Promise((resolve) => setImmediate(resolve));
    run.finish();
    const results = run.results();
    for (const flow of this.#flows) flow.close();
    await control.sendState(State.EXCHANGE_RESULTS);
    const remote = await control.json<Results>();
    await control.sendJson(results);
    await control.sendState(State.DISPLAY_RESULTS);
    await control.state(); // IPERF_DONE
    this.#observer.finished(run, remote);
  }

  /** True when the connection is one of this test's streams. */
  takeStream(connection: TcpConnection, cookie: Buffer, early: Uint8Array): boolean {
    const parameters = this.#parameters;
    if (!parameters || parameters.udp || !cookie.equals(this.#cookie) || this.#isComplete()) return false;
    const index = this.#flows.length;
    const { len: blockBytes, bandwidth = 0 } = parameters;
    if (parameters.nodelay) connection.setNoDelay(true);
    const sends = this.#directions[index] ?? false;
    this.#add(new TcpFlow(connection, { index, sends, blockBytes, bandwidth, early }));
    return true;
  }

  takeDatagram(data: Uint8Array, peer: { address: string; port: number }): void {
    const key = `${peer.address} ${peer.port}`;
    const flow = this.#byPeer.get(key);
    const isHello = data.length === UDP_HELLO.length && Buffer.from(data).equals(UDP_HELLO);
    if (flow && !isHello) flow.take(data);
    if (!isHello || !this.#parameters?.udp) return;
    if (!flow && !this.#isComplete()) this.#addUdp(key, peer, this.#parameters);
    // A hello that comes again means that its answer was lost.
    if (this.#byPeer.has(key)) void this.#datagrams.send(UDP_WELCOME, peer.address, peer.port).catch(() => {});
  }

  /** The server is about to end: the client is told. */
  terminate(): void {
    void this.#control.sendState(State.SERVER_TERMINATE).catch(() => {});
  }

  end(): void {
    this.#test?.finish();
    for (const flow of this.#flows) flow.close();
  }

  async #agree(): Promise<Parameters> {
    const given = await this.#control.json<Partial<Parameters>>();
    const number = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise);
    const parameters = {
      ...given,
      omit: number(given.omit, 0),
      time: number(given.time, 10),
      num: number(given.num, 0),
      blockcount: number(given.blockcount, 0),
      parallel: number(given.parallel, 1),
      len: number(given.len, 128 * 1024),
    };
    const { len, parallel, udp, sctp } = parameters;
    const isUsable = len >= (udp ? LEAST_UDP_BYTES : 1) && len <= MOST_BLOCK_BYTES;
    if (!sctp && isUsable && parallel >= 1 && parallel <= MOST_STREAMS) return parameters;
    await this.#control.sendError(UNIMPLEMENTED);
    throw new Failure("The client asks for a test that this server does not have.");
  }

  // TEST_END of the client; anything else breaks the test off.
  async #untilEnd(): Promise<void> {
    const state = await this.#control.state();
    if (state === State.TEST_END) return;
    throw new Failure(
      state === State.CLIENT_TERMINATE || state === null ? "The client has gone." : "The client is confused.",
    );
  }

  #addUdp(key: string, peer: { address: string; port: number }, parameters: Parameters): void {
    const index = this.#flows.length;
    const { localAddress } = this.#control.connection;
    const flow = new UdpFlow({
      ...{ index, sends: this.#directions[index] ?? false, blockBytes: parameters.len },
      bandwidth: parameters.bandwidth ?? 0,
      longNumbers: parameters.udp_counters_64bit === 1,
      localEnd: { address: localAddress, port: this.#datagrams.localPort },
      remoteEnd: peer,
      send: (data) => this.#datagrams.send(data, peer.address, peer.port),
      close: () => {},
    });
    this.#byPeer.set(key, flow);
    this.#add(flow);
  }

  #isComplete(): boolean {
    return this.#flows.length >= this.#directions.length;
  }

  #add(flow: Flow): void {
    this.#flows.push(flow);
    if (this.#isComplete()) this.#onComplete();
  }
}
