// A wire over WebSocket, as v86 and its relays have it: each binary message is a frame. Either a relay of ours, to which browsers
// and others connect and which repeats to all what one of them sends; or a plug in somebody's relay.

import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { request as requestSecurely } from "node:https";
import type { Duplex } from "node:stream";
import { InputError } from "../errors.ts";
import { MAX_FRAME_BYTES } from "../mac/ring-mac.ts";
import { FramePadder } from "./padding.ts";
import type { StreamStats } from "./stream.ts";
import { acceptanceOf, MessageSocket } from "./websocket-messages.ts";
import type { Wire, WireEnd } from "./wire.ts";

export interface WebSocketWire extends Wire {
  readonly stats: StreamStats;
  /** Others that are plugged in; of a plug in a relay, the relay. */
  readonly peers: number;
}

export interface RelayOptions {
  port: number;
  /** Address to listen at; default 127.0.0.1. */
  host?: string;
}

/** Opens a relay. Rejects with InputError and the system's code when the port cannot be had. */
export async function openRelay({ port, host = "127.0.0.1" }: RelayOptions): Promise<WebSocketWire & { port: number }> {
  const server = createServer((_, response) => response.writeHead(426, { upgrade: "websocket" }).end());
  await new Promise<void>((resolve, reject) => {
    server.once("error", ({ code = "EIO" }: NodeJS.ErrnoException) => {
      reject(new InputError(code, `The TCP port ${port} cannot be used for a relay (${code}); take another.`));
    });
    server.listen(port, host, resolve);
  });
  server.unref();
  return new Relay(server);
}

/** Plugs into the relay at `url`, ws: or wss:. Rejects with InputError ERR_WIRE or the system's code. */
export async function joinRelay(url: string): Promise<WebSocketWire> {
  const { socket, head } = await shakeHands(url);
  const plug = new Plugs(`websocket:${url}`);
  plug.add(socket, head, true);
  return plug;
}

/** What is plugged in: everything common to a relay and to a plug in one. */
class Plugs implements WebSocketWire {
  readonly name: string;
  readonly carriesFcs = false;
  readonly stats: StreamStats = { txDrops: 0 };
  protected readonly sockets = new Set<MessageSocket>();
  #end: WireEnd | null = null;
  #padder = new FramePadder();

  constructor(name: string) {
    this.name = name;
  }

  get peers(): number {
    return this.sockets.size;
  }

  get up(): boolean {
    return this.sockets.size > 0;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  send(frame: Uint8Array): void {
    this.repeat(frame, null);
  }

  close(): void {
    for (const socket of [...this.sockets]) socket.close();
    this.sockets.clear();
  }

  add(socket: Duplex, head: Uint8Array, isClient: boolean): void {
    const owner = {
      message: (bytes: Uint8Array): void => this.#take(bytes, plug),
      gone: (): void => {
        if (this.sockets.delete(plug) && this.sockets.size === 0) this.#end?.linkChanged(this.up);
      },
    };
    const plug: MessageSocket = new MessageSocket(socket, owner, { isClient, mostBytes: MAX_FRAME_BYTES, head });
    this.sockets.add(plug);
    if (this.sockets.size === 1) this.#end?.linkChanged(true);
  }

  protected repeat(frame: Uint8Array, from: MessageSocket | null): void {
    for (const socket of this.sockets) if (socket !== from && !socket.send(frame)) this.stats.txDrops++;
  }

  #take(bytes: Uint8Array, from: MessageSocket): void {
    if (bytes.length === 0) return;
    this.#end?.receive(this.#padder.pad(bytes));
    this.repeat(bytes, from);
  }
}

class Relay extends Plugs {
  readonly port: number;
  readonly #server: Server;

  constructor(server: Server) {
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    super(`websocket:${port}`);
    this.port = port;
    this.#server = server;
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#welcome(request, socket, head),
    );
  }

  /** Plugged into the relay itself: there is a link even when nobody else is there. */
  override get up(): boolean {
    return this.#server.listening;
  }

  override close(): void {
    this.#server.close();
    super.close();
  }

  #welcome({ headers }: IncomingMessage, socket: Duplex, head: Buffer): void {
    const key = headers["sec-websocket-key"];
    if (
      headers.upgrade?.toLowerCase() !== "websocket" ||
      headers["sec-websocket-version"] !== "13" ||
      key === undefined
    ) {
      socket.end("HTTP/1.1 400 Bad Request\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\n\r\n");
      return;
    }
    const acceptance = `Sec-WebSocket-Accept: ${acceptanceOf(key)}`;
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${acceptance}\r\n\r\n`,
    );
    this.add(socket, head, false);
  }
}

/** The client's half of the handshake (RFC 6455 §4.1). */
function shakeHands(url: string): Promise<{ socket: Duplex; head: Buffer }> {
  const key = randomBytes(16).toString("base64");
  const target = targetOf(url);
  const headers = {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-key": key,
    "sec-websocket-version": "13",
  };
  return new Promise((resolve, reject) => {
    const refuse = (code: string, why: string): void => {
      reject(new InputError(code, `The relay ${url} cannot be reached (${why}).`));
    };
    const asked = (target.protocol === "https:" ? requestSecurely : request)(target, { headers, agent: false });
    asked.once("upgrade", (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (response.headers["sec-websocket-accept"] === acceptanceOf(key)) resolve({ socket, head });
      else {
        socket.destroy();
        refuse("ERR_WIRE", "it has not understood the handshake");
      }
    });
    asked.once("response", ({ statusCode }: IncomingMessage) => {
      asked.destroy();
      refuse("ERR_WIRE", `it answers ${statusCode}`);
    });
    asked.once("error", ({ code = "EIO" }: NodeJS.ErrnoException) => refuse(code, code));
    asked.end();
  });
}

function targetOf(url: string): URL {
  if (!/^wss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new InputError("ERR_WIRE", `"${url}" is no address of a relay; one looks like ws://127.0.0.1:8080/.`);
  }
  return new URL(url.replace(/^ws/, "http"));
}
