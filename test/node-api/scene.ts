// What a scenario works with: the modules of two machines, sockets that are cleared away behind it, and its trace.

import type * as nodeDgram from "node:dgram";
import type { EventEmitter } from "node:events";
import { once } from "node:events";
import type * as nodeNet from "node:net";
import { Trace } from "./trace.ts";

export type Net = typeof nodeNet;
export type Dgram = Pick<typeof nodeDgram, "createSocket" | "Socket">;
export type Socket = nodeNet.Socket;
export type Server = nodeNet.Server;

/** Two machines that reach each other. With Node's own modules they are one and the same. */
export interface Stage {
  readonly name: string;
  readonly client: Net;
  readonly server: Net;
  readonly clientDgram: Dgram;
  readonly serverDgram: Dgram;
  /** Addresses of the server's machine and of the client's. */
  readonly host: string;
  readonly host6: string;
  readonly clientHost: string;
  strike(): Promise<void>;
}

export type Scenario = (scene: Scene) => Promise<void>;

const ROUNDS = 10;

/** Of a socket, but "drain": when that comes is a matter of how large the system's buffers are. */
const SOCKET_EVENTS = [
  "lookup",
  "connectionAttempt",
  "connectionAttemptFailed",
  "connectionAttemptTimeout",
  "connect",
  "ready",
  "end",
  "finish",
  "timeout",
  "error",
  "close",
];
const DATAGRAM_EVENTS = ["listening", "connect", "error", "close"];
const SERVER_EVENTS = ["listening", "connection", "drop", "error", "close"];

export interface Pair {
  server: Server;
  /** The client's end, and the end that the server has accepted. */
  near: Socket;
  far: Socket;
}

export class Scene {
  readonly client: Net;
  readonly server: Net;
  readonly clientDgram: Dgram;
  readonly serverDgram: Dgram;
  readonly host: string;
  readonly host6: string;
  readonly clientHost: string;
  readonly trace = new Trace();
  #sockets: Socket[] = [];
  #servers: Server[] = [];
  #datagramSockets: nodeDgram.Socket[] = [];
  /** What each socket and server has emitted so far. */
  #emitted = new Map<EventEmitter, Set<string>>();

  constructor(stage: Stage) {
    this.client = stage.client;
    this.server = stage.server;
    this.clientDgram = stage.clientDgram;
    this.serverDgram = stage.serverDgram;
    this.host = stage.host;
    this.host6 = stage.host6;
    this.clientHost = stage.clientHost;
  }

  note(actor: string, ...words: unknown[]): void {
    this.trace.note(actor, ...words);
  }

  /** Whether something like this was noted of an actor. */
  has(actor: string, pattern: RegExp): boolean {
    return this.trace.has(actor, pattern);
  }

  /** Resolves once `emitter` has emitted `event` for the first time, which may be long ago. */
  async until(emitter: EventEmitter, event: string): Promise<void> {
    if (!this.#emitted.get(emitter)?.has(event)) await happens(emitter, event);
  }

  /** Resolves once so many bytes have come to a socket, read by somebody or not. */
  async received(socket: Socket, bytes: number): Promise<void> {
    while (socket.bytesRead < bytes) await delay(1);
  }

  /** Resolves once all of them are closed. */
  async closed(...emitters: EventEmitter[]): Promise<void> {
    await Promise.all(emitters.map((emitter) => this.until(emitter, "close")));
  }

  #remember(emitter: EventEmitter, events: string[]): void {
    if (this.#emitted.has(emitter)) return;
    const emitted = new Set<string>();
    this.#emitted.set(emitter, emitted);
    for (const event of events) emitter.once(event, () => emitted.add(event));
  }

  #keepSocket(socket: Socket): void {
    this.#sockets.push(socket);
    this.#remember(
      socket,
      SOCKET_EVENTS.filter((event) => event !== "error"),
    );
  }

  #keepServer(server: Server): void {
    this.#servers.push(server);
    this.#remember(server, ["listening", "connection", "close"]);
  }

  /** Notes the events of a socket but its data, which listening for would set flowing. */
  watch(actor: string, socket: Socket): Socket {
    this.#keepSocket(socket);
    for (const event of SOCKET_EVENTS) socket.on(event, (...args) => this.note(actor, event, ...args));
    return socket;
  }

  /** Also its data. */
  watchData(actor: string, socket: Socket): Socket {
    this.watch(actor, socket);
    socket.on("data", (data) => this.trace.data(actor, data.length));
    return socket;
  }

  watchServer(server: Server, actor = "server"): Server {
    this.#keepServer(server);
    for (const event of SERVER_EVENTS) {
      server.on(event, (arg) => this.note(actor, event, ...(event === "connection" || arg === undefined ? [] : [arg])));
    }
    return server;
  }

  /** A socket of datagrams, watched. */
  datagrams(
    actor: "client" | "server",
    options: nodeDgram.SocketOptions | "udp4" | "udp6" = "udp4",
    name: string = actor,
  ): nodeDgram.Socket {
    const { createSocket } = actor === "client" ? this.clientDgram : this.serverDgram;
    const socket = createSocket(options as nodeDgram.SocketOptions);
    this.#datagramSockets.push(socket);
    this.#remember(socket, ["listening", "connect", "close", "message"]);
    for (const event of DATAGRAM_EVENTS) socket.on(event, (...args) => this.note(name, event, ...args));
    socket.on("message", (message, from) => this.note(name, "message", message, from));
    return socket;
  }

  /** A server that listens at a port of its system's choice. */
  async listen(
    options: nodeNet.ServerOpts = {},
    onConnection: (socket: Socket) => void = () => {},
    where: nodeNet.ListenOptions = {},
  ): Promise<Server> {
    const server = this.watchServer(this.server.createServer(options, onConnection));
    server.listen({ port: 0, host: this.host, ...where });
    await once(server, "listening");
    return server;
  }

  portOf(server: Server): number {
    return (server.address() as nodeNet.AddressInfo).port;
  }

  /** A client on its way to the server, watched. */
  connect(server: Server, options: Partial<nodeNet.NetConnectOpts> = {}): Socket {
    const where = { port: this.portOf(server), host: this.host, ...options };
    return this.watch("client", this.client.connect(where as nodeNet.NetConnectOpts));
  }

  /** A connection with both ends, not watched yet. */
  async pair(
    serverOptions: nodeNet.ServerOpts = {},
    clientOptions: Partial<nodeNet.NetConnectOpts> = {},
  ): Promise<Pair> {
    const server = this.server.createServer(serverOptions);
    this.#keepServer(server);
    server.listen({ port: 0, host: this.host });
    await once(server, "listening");
    const accepted = once(server, "connection");
    const where = { port: this.portOf(server), host: this.host, ...clientOptions };
    const near = this.client.connect(where as nodeNet.NetConnectOpts);
    this.#keepSocket(near);
    const [[far]] = await Promise.all([accepted, once(near, "connect")]);
    this.#keepSocket(far);
    // Otherwise a second small write waits for the first to be acknowledged, which takes its time (Nagle).
    near.setNoDelay();
    far.setNoDelay();
    return { server, near, far };
  }

  /** A pair with everything noted but data. */
  async watchedPair(
    serverOptions: nodeNet.ServerOpts = {},
    clientOptions: Partial<nodeNet.NetConnectOpts> = {},
  ): Promise<Pair> {
    const pair = await this.pair(serverOptions, clientOptions);
    this.watch("client", pair.near);
    this.watch("accepted", pair.far);
    return pair;
  }

  /** A port of the server's machine at which nobody listens. */
  async deadPort(): Promise<number> {
    const server = this.server.createServer();
    server.listen({ port: 0, host: this.host });
    await once(server, "listening");
    const port = this.portOf(server);
    server.close();
    await once(server, "close");
    return port;
  }

  /** Nothing is noted any more; everything that was opened goes. */
  end(): Record<string, string[]> {
    const lines = this.trace.close();
    for (const socket of this.#sockets) {
      socket.on("error", () => {}); // of what is torn down here nobody wants to know
      socket.destroy();
    }
    for (const server of this.#servers) server.close();
    for (const socket of this.#datagramSockets) if (!this.#emitted.get(socket)?.has("close")) closeQuietly(socket);
    return lines;
  }
}

// It may be closed already without having said so yet.
function closeQuietly(socket: nodeDgram.Socket): void {
  const thrown = thrownBy(() => socket.close());
  const { code } = thrown as NodeJS.ErrnoException;
  if (thrown instanceof Error && code !== "ERR_SOCKET_DGRAM_NOT_RUNNING") throw thrown;
}

/** Resolves once the event has come, with its arguments; an "error" does not reject. */
export function happens(emitter: EventEmitter, event: string): Promise<unknown[]> {
  return new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
}

/** Everything up to the end of a stream, as text. */
export async function textOf(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  socket.on("data", (data) => pieces.push(Buffer.from(data)));
  await happens(socket, "end");
  return Buffer.concat(pieces).toString();
}

/** Time for what is under way to arrive: rounds of the event loop count, not only the clock. */
export async function delay(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  for (let round = 0; round < ROUNDS; round++) await new Promise((resolve) => setImmediate(resolve));
}

/** What a call throws, or that it throws nothing. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
    return "nothing thrown";
  } catch (error) {
    return error;
  }
}
