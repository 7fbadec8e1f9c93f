// A wire over UDP on this computer: each frame is a datagram. So QEMU does it with `-nic socket,udp=…` and with
// `-netdev dgram`.

import type { Socket } from "node:dgram";
import { FramePadder } from "./padding.ts";
import { bindUdp } from "./udp.ts";
import type { Wire, WireEnd } from "./wire.ts";

const HERE = "127.0.0.1";

/** Opens the wire between two UDP ports of this computer. Rejects with InputError when ours is in use. */
export async function openDatagramWire(ownPort: number, peerPort: number): Promise<Wire> {
  const socket = await bindUdp("udp4", { port: ownPort, address: HERE }, "take another");
  return new DatagramWire(socket, ownPort, peerPort);
}

class DatagramWire implements Wire {
  readonly name: string;
  readonly carriesFcs = false;
  #socket: Socket | null;
  #peerPort: number;
  #end: WireEnd | null = null;
  #padder = new FramePadder();

  constructor(socket: Socket, ownPort: number, peerPort: number) {
    this.name = `dgram:${ownPort}/${peerPort}`;
    this.#socket = socket;
    this.#peerPort = peerPort;
    socket.on("message", (frame) => this.#end?.receive(this.#padder.pad(frame)));
  }

  /** Nothing tells whether somebody is at the far port. */
  get up(): boolean {
    return this.#socket !== null;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  send(frame: Uint8Array): void {
    // The socket reads the frame later than this call.
    this.#socket?.send(Uint8Array.from(frame), this.#peerPort, HERE);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = null;
  }
}
