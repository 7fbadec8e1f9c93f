// The two directions of `thimble nc`: standard input to the socket, and the socket to standard output, until both have
// ended, the line was silent for too long, or somebody presses Ctrl-C.

import type { Endpoint } from "../socket/calls.ts";
import type { TcpConnection } from "../socket/tcp-connection.ts";
import type { UdpSocket } from "../socket/udp-socket.ts";
import { Failure, sentenceOf } from "./errors.ts";

export interface NcTalkOptions {
  verbose?: boolean;
  json?: boolean;
  /** False: standard input is not read. */
  input: boolean;
  keep?: boolean;
  /** Seconds of silence, or after the end of input, that end it. */
  wait?: number;
  quit?: number;
}

interface NcEvent {
  event: "listening" | "connected" | "received" | "ended" | "open" | "closed";
  [detail: string]: unknown;
}

export class NcTalk {
  #options: NcTalkOptions;
  #stop: Promise<null>;
  #isStopped = false;
  #isInputTaken = false;
  #sent = 0;
  #received = 0;

  /** `stopped` resolves when the command is to end. */
  constructor(options: NcTalkOptions, stopped: Promise<unknown>) {
    this.#options = options;
    this.#stop = stopped.then(() => {
      this.#isStopped = true;
      return null;
    });
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** A sentence on stderr for those who asked for it. */
  tell(sentence: string): void {
    if (this.#options.verbose) process.stderr.write(`${sentence}\n`);
  }

  /** A line of JSON for those who asked for it. */
  report(event: NcEvent): void {
    if (this.#options.json) process.stdout.write(`${JSON.stringify(event)}\n`);
  }

  /** What the promise gives; null when the command is to end before. */
  unlessStopped<T>(promise: Promise<T>): Promise<T | null> {
    return Promise.race([promise, this.#stop]);
  }

  /** Both directions of a connection to their ends. Rejects with a Failure when it breaks. */
  async stream(connection: TcpConnection): Promise<void> {
    const idle = this.#idleTimer(() => void connection.close());
    const sending = this.#sendInput(async (data) => {
      idle.refresh();
      await connection.write(data);
    }).then(() => connection.end());
    const receiving = this.#receiveStream(connection, idle.refresh);
    // Where the other side's end ends it all, or the connection breaks, what would still be sent is of no use.
    const isOneSided = !this.#options.input || process.stdin.isTTY === true;
    sending.catch(() => {});
    const both = receiving.then(() => (isOneSided ? undefined : sending));
    try {
      await this.unlessStopped(Promise.race([both, this.#quitAfter(sending)]));
    } catch (error) {
      throw new Failure(`The connection broke off after ${this.#received} bytes were received: ${sentenceOf(error)}`);
    } finally {
      idle.stop();
      this.report({ event: "ended", sent: this.#sent, received: this.#received });
      this.tell(`${this.#sent} bytes sent, ${this.#received} received`);
      await connection.close();
    }
  }

  /** Datagrams to and from `peer`; null: from anybody, and to whom the first came from. */
  async datagrams(socket: UdpSocket, peer: Endpoint | null): Promise<void> {
    const idle = this.#idleTimer(() => socket.close());
    let firstCame = (_: Endpoint): void => {};
    const known = peer ? Promise.resolve(peer) : new Promise<Endpoint>((resolve) => (firstCame = resolve));
    const sending = known.then((to) =>
      this.#sendInput(async (data) => {
        idle.refresh();
        await (peer ? socket.send(data) : socket.send(data, to.address, to.port));
      }),
    );
    sending.catch(() => {});
    const receiving = this.#receiveDatagrams(socket, (from) => {
      idle.refresh();
      if (peer === null && !this.#options.keep) socket.connect(from.address, from.port);
      firstCame(from);
    });
    try {
      await this.unlessStopped(Promise.race([receiving, sending.then(() => receiving), this.#quitAfter(sending)]));
    } finally {
      idle.stop();
      this.report({ event: "ended", sent: this.#sent, received: this.#received });
      socket.close();
    }
  }

  /** Lets go of standard input, which would keep the process alive. */
  close(): void {
    if (this.#isInputTaken) process.stdin.destroy();
  }

  async #sendInput(send: (data: Buffer) => Promise<void>): Promise<void> {
    if (!this.#options.input) return new Promise(() => {});
    if (this.#isInputTaken) return;
    this.#isInputTaken = true;
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      await send(chunk);
      this.#sent += chunk.length;
    }
  }

  async #receiveStream(connection: TcpConnection, onData: () => void): Promise<void> {
    for await (const data of connection) {
      onData();
      await this.#print(data);
    }
  }

  async #receiveDatagrams(socket: UdpSocket, onData: (from: Endpoint) => void): Promise<void> {
    for await (const { data, address, port } of socket) {
      onData({ address, port });
      await this.#print(data, { address, port });
    }
  }

  async #print(data: Uint8Array, from?: Endpoint): Promise<void> {
    this.#received += data.length;
    if (this.#options.json) {
      this.report({ event: "received", ...from, bytes: data.length, data: Buffer.from(data).toString("base64") });
      return;
    }
    if (process.stdout.write(data)) return;
    await new Promise((resolve) => process.stdout.once("drain", resolve));
  }

  // Resolves so long after the end of input as -q says; never without it.
  async #quitAfter(sending: Promise<unknown>): Promise<void> {
    const { quit } = this.#options;
    await sending.catch(() => {});
    if (quit === undefined) return new Promise(() => {});
    return new Promise((resolve) => setTimeout(resolve, quit * 1000).unref());
  }

  #idleTimer(onIdle: () => void): { refresh(): void; stop(): void } {
    const { wait } = this.#options;
    if (wait === undefined) return { refresh: () => {}, stop: () => {} };
    const timer = setTimeout(onIdle, wait * 1000);
    return { refresh: () => timer.refresh(), stop: () => clearTimeout(timer) };
  }
}
