// The side of a test that asks for it: opens the control connection and the streams, ends the test, and hears what came
// of it.

import type { Stack } from "../../stack.ts";
import { Failure } from "../errors.ts";
import { type Flow, TcpFlow } from "./flow.ts";
import {
  ControlConnection,
  directions,
  makeCookie,
  type Parameters,
  type Results,
  State,
  UDP_HELLO,
} from "./protocol.ts";
import { type TestObserver, TestRun } from "./test-run.ts";
import { UdpFlow } from "./udp-flow.ts";

export interface ClientOptions {
  address: string;
  port: number;
  parameters: Parameters;
  /** Seconds between reports; 0: none. */
  interval: number;
  /** Milliseconds. */
  connectTimeout?: number;
  /** Resolves when the test is to be broken off. */
  stopped: Promise<unknown>;
}

export interface ClientOutcome {
  run: TestRun;
  /** What the server has counted. */
  remote: Results;
}

const HELLO_TRIES = 5;
const HELLO_PATIENCE_MS = 1000;

/** Runs a test. Rejects with a Failure that says what the server had against it, or StackError. */
export function runClient(stack: Stack, options: ClientOptions, observer: TestObserver): Promise<ClientOutcome> {
  return new Client(stack, options, observer).run();
}

class Client {
  #stack: Stack;
  #options: ClientOptions;
  #observer: TestObserver;
  #cookie = makeCookie();
  #flows: Flow[] = [];
  /** Of the control connection: a UDP socket has none of its own. */
  #localAddress = "";

  constructor(stack: Stack, options: ClientOptions, observer: TestObserver) {
    this.#stack = stack;
    this.#options = options;
    this.#observer = observer;
  }

  async run(): Promise<ClientOutcome> {
    const { connectTimeout } = this.#options;
    const connection = await this.#connect(connectTimeout === undefined ? {} : { timeout: connectTimeout });
    const control = new ControlConnection(connection);
    this.#localAddress = connection.localAddress;
    try {
      return await this.#converse(control);
    } finally {
      for (const flow of this.#flows) flow.close();
      await connection.close();
    }
  }

  async #converse(control: ControlConnection): Promise<ClientOutcome> {
    const parameters = this.#withBlocks(control);
    let run: TestRun | null = null;
    let remote: Results | null = null;
    await control.connection.write(this.#cookie);
    for (;;) {
      switch (await control.state()) {
        case State.PARAM_EXCHANGE:
          await control.sendJson(parameters);
          break;
        case State.CREATE_STREAMS:
          for (const sends of directions(parameters, "client")) this.#flows.push(await this.#open(sends, parameters));
          break;
        case State.TEST_START:
          run = new TestRun(this.#flows, parameters, this.#options.interval, this.#observer);
          break;
        case State.TEST_RUNNING:
          if (run) this.#start(run, control);
          break;
        case State.EXCHANGE_RESULTS:
          if (!run) throw new Failure("The server has ended the test before it began.");
          run.finish();
          await control.sendJson(run.results());
          remote = await control.json<Results>();
          break;
        case State.DISPLAY_RESULTS:
          if (!run || !remote) throw new Failure("The server has ended the test without results.");
          await control.sendState(State.IPERF_DONE);
          return { run, remote };
        case State.ACCESS_DENIED:
          throw new Failure("The server is busy running a test; try again later.");
        case State.SERVER_ERROR:
          throw new Failure(`The server refuses the test, with iperf3's error number ${await control.error()}.`);
        case State.SERVER_TERMINATE:
          throw new Failure("The server has terminated.");
        case null:
          throw new Failure("The server has closed the control connection; does an iperf3 listen on that port?");
        default:
          throw new Failure("The other side does not speak iperf3's protocol.");
      }
    }
  }

  // Datagrams that are not to be fragmented are as long as TCP's segments.
  #withBlocks({ connection }: ControlConnection): Parameters {
    const { parameters } = this.#options;
    return parameters.len > 0 ? parameters : { ...parameters, len: connection.status()?.sndMss ?? 1460 };
  }

  #start(run: TestRun, control: ControlConnection): void {
    run.start(true);
    void this.#options.stopped.then(() => run.finish());
    // When the control connection breaks, the conversation hears of it.
    void run.done.then(() => control.sendState(State.TEST_END)).catch(() => {});
  }

  #connect(extra: { timeout?: number } = {}) {
    const { address, port, parameters } = this.#options;
    const { congestion, nodelay } = parameters;
    return this.#stack.connect({
      ...{ address, port, ...extra },
      ...(nodelay ? { noDelay: true } : {}),
      ...(congestion === "reno" || congestion === "cubic" ? { congestion } : {}),
    });
  }

  async #open(sends: boolean, parameters: Parameters): Promise<Flow> {
    const index = this.#flows.length;
    const { len: blockBytes, bandwidth = 0 } = parameters;
    if (parameters.udp) return this.#openUdp(index, sends, parameters);
    const connection = await this.#connect();
    await connection.write(this.#cookie);
    return new TcpFlow(connection, { index, sends, blockBytes, bandwidth });
  }

  async #openUdp(index: number, sends: boolean, parameters: Parameters): Promise<Flow> {
    const { address, port } = this.#options;
    const socket = await this.#stack.udp();
    socket.connect(address, port);
    let welcome = (): void => {};
    const welcomed = new Promise<true>((resolve) => {
      welcome = () => resolve(true);
    });
    const flow = new UdpFlow({
      ...{ index, sends, blockBytes: parameters.len, bandwidth: parameters.bandwidth ?? 0 },
      longNumbers: parameters.udp_counters_64bit === 1,
      localEnd: { address: this.#localAddress, port: socket.localPort },
      remoteEnd: { address, port },
      send: (data) => socket.send(data),
      close: () => socket.close(),
    });
    void (async () => {
      for await (const { data } of socket) {
        welcome();
        flow.take(data);
      }
    })().catch(welcome);
    for (let tries = 0; tries < HELLO_TRIES; tries++) {
      await socket.send(UDP_HELLO);
      const patience = new Promise<false>((resolve) => setTimeout(() => resolve(false), HELLO_PATIENCE_MS).unref());
      if (await Promise.race([welcomed, patience])) return flow;
    }
    throw new Failure(`The server does not answer datagrams to UDP port ${port}; a firewall may be in the way.`);
  }
}
