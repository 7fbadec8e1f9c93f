// UDP as streams of messages: `UDPSocket` of Direct Sockets.

import { checkPort } from "../core/address.ts";
import { InputError } from "../errors.ts";
import type { UdpSocket } from "../socket/udp-socket.ts";
import { bytesOf, ownBytes } from "./chunks.ts";
import { invalidStateError, networkError } from "./errors.ts";
import { addressesOf } from "./names.ts";
import type { UDPMessage, UDPReceived, UDPSocketOpenInfo, UDPSocketOptions } from "./types.ts";
import type { WebContext } from "./web.ts";

interface Peer {
  remoteAddress: string;
  remotePort: number;
}

export class WebUdpSocket {
  /** The streams and the addresses. Rejects with a NetworkError, or a TypeError for options that do not fit together. */
  readonly opened: Promise<UDPSocketOpenInfo>;
  /** The socket is closed; rejects with a NetworkError when that was not in order. */
  readonly closed: Promise<void>;
  #context: WebContext;
  #settleClosed!: { resolve: () => void; reject: (error: Error) => void };
  #info: UDPSocketOpenInfo | null = null;
  #over = false;
  #readableController: ReadableStreamDefaultController | null = null;
  #writableController: WritableStreamDefaultController | null = null;

  constructor(context: WebContext, options: UDPSocketOptions) {
    checkOptions(options);
    this.#context = context;
    this.closed = new Promise((resolve, reject) => {
      this.#settleClosed = { resolve, reject };
    });
    this.opened = this.#openSocket(options).catch((error) => {
      const failure = networkError(error);
      this.#settleClosed.reject(failure);
      throw failure;
    });
    this.opened.catch(() => {});
    this.closed.catch(() => {});
  }

  /** Rejects with an InvalidStateError before it is open, and while one of the streams is locked. */
  async close(): Promise<void> {
    const info = this.#info;
    if (info === null) throw invalidStateError("The socket is not open; wait for `opened` first.");
    if (info.readable.locked || info.writable.locked) {
      throw invalidStateError("A stream of the socket is locked; release its reader and its writer first.");
    }
    if (!this.#over) await Promise.all([info.writable.close().catch(() => {}), info.readable.cancel()]);
    await this.closed;
  }

  async #openSocket(options: UDPSocketOptions): Promise<UDPSocketOpenInfo> {
    const { localAddress, localPort = 0, remoteAddress, remotePort } = options;
    const peer = remoteAddress === undefined ? null : await this.#peerOf(remoteAddress, remotePort ?? 0, options);
    const socket = await this.#context.stack.udp({ address: localAddress, port: localPort });
    try {
      if (peer !== null) socket.connect(peer.remoteAddress, peer.remotePort);
    } catch (error) {
      socket.close();
      throw error;
    }
    this.#info = {
      readable: this.#makeReadable(socket, peer),
      writable: this.#makeWritable(socket, peer, options),
      ...peer,
      localAddress: socket.localAddress,
      localPort: socket.localPort,
    };
    return this.#info;
  }

  async #peerOf(name: string, port: number, options: UDPSocketOptions): Promise<Peer> {
    const [remoteAddress] = await addressesOf(this.#context, name, options.dnsQueryType);
    return { remoteAddress, remotePort: checkPort(port) };
  }

  #makeReadable(socket: UdpSocket, peer: Peer | null): ReadableStream<UDPReceived> {
    const source: UnderlyingDefaultSource<UDPReceived> = {
      start: (controller) => {
        this.#readableController = controller;
      },
      pull: async (controller) => {
        try {
          const { data, address, port } = await socket.receive();
          const sender = peer === null ? { remoteAddress: address, remotePort: port } : {};
          controller.enqueue({ data: ownBytes(data), ...sender });
        } catch (error) {
          this.#fail(error, socket);
        }
      },
      cancel: () => this.#end(socket),
    };
    return new ReadableStream(source, { highWaterMark: 0 });
  }

  #makeWritable(socket: UdpSocket, peer: Peer | null, options: UDPSocketOptions): WritableStream<UDPMessage> {
    return new WritableStream({
      start: (controller) => {
        this.#writableController = controller;
      },
      write: async (message) => {
        const bytes = bytesOf(message.data);
        const target = await this.#targetOf(message, peer, options);
        try {
          await (target === null ? socket.send(bytes) : socket.send(bytes, target.remoteAddress, target.remotePort));
        } catch (error) {
          throw this.#fail(error, socket);
        }
      },
      abort: () => this.#end(socket),
    });
  }

  async #targetOf(message: UDPMessage, peer: Peer | null, options: UDPSocketOptions): Promise<Peer | null> {
    const { remoteAddress, remotePort } = message;
    if (peer !== null) {
      if (remoteAddress === undefined && remotePort === undefined) return null;
      throw new TypeError("The socket has a peer: its messages name no remoteAddress and no remotePort.");
    }
    if (remoteAddress !== undefined && remotePort !== undefined)
      return this.#peerOf(remoteAddress, remotePort, options);
    throw new TypeError("The socket has no peer: each message needs remoteAddress and remotePort.");
  }

  #end(socket: UdpSocket): void {
    if (this.#over) return;
    this.#over = true;
    socket.close();
    this.#settleClosed.resolve();
  }

  #fail(cause: unknown, socket: UdpSocket): DOMException {
    const failure = networkError(cause);
    if (this.#over) return failure;
    this.#over = true;
    this.#readableController?.error(failure);
    this.#writableController?.error(failure);
    socket.close();
    this.#settleClosed.reject(failure);
    return failure;
  }
}

function checkOptions({ localAddress, localPort, remoteAddress, remotePort }: UDPSocketOptions): void {
  if ((remoteAddress === undefined) !== (remotePort === undefined)) {
    throw new TypeError("A peer has both: remoteAddress and remotePort.");
  }
  if (remoteAddress === undefined && localAddress === undefined) {
    throw new TypeError("A UDPSocket needs remoteAddress and remotePort, or localAddress.");
  }
  if (localPort !== undefined && localAddress === undefined) {
    throw new InputError("ERR_ADDRESS", "localPort goes with localAddress.");
  }
}
