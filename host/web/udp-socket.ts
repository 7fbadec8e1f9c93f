// UDP as streams of messages: `UDPSocket` of Direct Sockets.

import { checkPort } from "../core/address.ts";
import { InputError } from "../errors.ts";
import type { UdpSocket } from "../socket/udp-socket.ts";
import { bytesOf, ownBytes } from "./chunks.ts";
import { DirectSocket } from "./direct-socket.ts";
import { networkError } from "./errors.ts";
import { multicastController, setMulticastOptions } from "./multicast.ts";
import { addressesOf } from "./names.ts";
import type { UDPMessage, UDPReceived, UDPSocketOpenInfo, UDPSocketOptions } from "./types.ts";
import type { WebContext } from "./web.ts";

interface Peer {
  remoteAddress: string;
  remotePort: number;
}

/** What was opened, and the peer that it has then. */
interface OpenedUdp {
  socket: UdpSocket;
  peer: Peer | null;
}

export class WebUdpSocket extends DirectSocket<OpenedUdp, UDPSocketOpenInfo> {
  #findPeer: (name: string, port: number) => Promise<Peer>;
  #over = false;
  #readableController: ReadableStreamDefaultController | null = null;
  #writableController: WritableStreamDefaultController | null = null;

  /** Throws TypeError for options that do not fit together. */
  constructor(context: WebContext, options: UDPSocketOptions) {
    checkOptions(options);
    const findPeer = peerFinder(context, options);
    super(openUdp(context, options, findPeer));
    this.#findPeer = findPeer;
  }

  /** Rejects with an InvalidStateError before it is open, and while one of the streams is locked. */
  async close(): Promise<void> {
    const { readable, writable } = this.infoToClose((info) => [info.readable, info.writable]);
    if (!this.#over) await Promise.all([writable.close().catch(() => {}), readable.cancel()]);
    await this.closed;
  }

  protected override inform({ socket, peer }: OpenedUdp): UDPSocketOpenInfo {
    return {
      readable: this.#makeReadable(socket, peer),
      writable: this.#makeWritable(socket, peer),
      ...(peer ?? { multicastController: multicastController(socket) }),
      localAddress: socket.localAddress,
      localPort: socket.localPort,
    };
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

  #makeWritable(socket: UdpSocket, peer: Peer | null): WritableStream<UDPMessage> {
    return new WritableStream({
      start: (controller) => {
        this.#writableController = controller;
      },
      write: async (message) => {
        const bytes = bytesOf(message.data);
        const target = await this.#targetOf(message, peer);
        try {
          await (target === null ? socket.send(bytes) : socket.send(bytes, target.remoteAddress, target.remotePort));
        } catch (error) {
          throw this.#fail(error, socket);
        }
      },
      abort: () => this.#end(socket),
    });
  }

  async #targetOf(message: UDPMessage, peer: Peer | null): Promise<Peer | null> {
    const { remoteAddress, remotePort } = message;
    if (peer !== null) {
      if (remoteAddress === undefined && remotePort === undefined) return null;
      throw new TypeError("The socket has a peer: its messages name no remoteAddress and no remotePort.");
    }
    if (remoteAddress !== undefined && remotePort !== undefined) return this.#findPeer(remoteAddress, remotePort);
    throw new TypeError("The socket has no peer: each message needs remoteAddress and remotePort.");
  }

  #end(socket: UdpSocket): void {
    if (this.#over) return;
    this.#over = true;
    socket.close();
    this.endClosed();
  }

  #fail(cause: unknown, socket: UdpSocket): DOMException {
    const failure = networkError(cause);
    if (this.#over) return failure;
    this.#over = true;
    this.#readableController?.error(failure);
    this.#writableController?.error(failure);
    socket.close();
    this.endClosed(failure);
    return failure;
  }
}

function peerFinder(context: WebContext, { dnsQueryType }: UDPSocketOptions): (n: string, p: number) => Promise<Peer> {
  return async (name, port) => {
    const [remoteAddress] = await addressesOf(context, name, dnsQueryType);
    return { remoteAddress, remotePort: checkPort(port) };
  };
}

async function openUdp(
  { stack }: WebContext,
  options: UDPSocketOptions,
  findPeer: ReturnType<typeof peerFinder>,
): Promise<OpenedUdp> {
  const { localAddress, localPort = 0, remoteAddress, remotePort = 0, multicastAllowAddressSharing } = options;
  const peer = remoteAddress === undefined ? null : await findPeer(remoteAddress, remotePort);
  const place = { address: localAddress, port: localPort, reuseAddr: multicastAllowAddressSharing };
  const socket = await stack.udp(place);
  try {
    setMulticastOptions(socket, options);
    if (peer !== null) socket.connect(peer.remoteAddress, peer.remotePort);
    return { socket, peer };
  } catch (error) {
    socket.close();
    throw error;
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
