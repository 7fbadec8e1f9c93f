// A wire over UDP to another machine, as the kernels of both know it: VXLAN (RFC 7348). A Linux bridge with a VXLAN port at the
// other end makes one network of both.

import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { InputError } from "../errors.ts";
import { MAX_FRAME_BYTES } from "../mac/ring-mac.ts";
import { FramePadder } from "./padding.ts";
import type { Wire, WireEnd } from "./wire.ts";

export interface VxlanOptions {
  /** The other tunnel end's address. */
  remote: string;
  /** Number of the virtual network, 0 to 2^24 - 1. */
  vni: number;
  /** UDP port at both ends; default 4789. */
  port?: number;
  /** Bytes of the largest packet between the two machines; default 1500. */
  pathMtu?: number;
}

/** What the wire has done, for people. */
export interface VxlanStats {
  /** Datagrams that were no VXLAN, of another network, or from another machine. */
  rxStrangers: number;
}

export interface VxlanWire extends Wire {
  readonly stats: VxlanStats;
}

const PORT = 4789;
const HEADER_BYTES = 8;
/** The flag I: the network's number is valid (RFC 7348 §5). */
const VALID_VNI = 0x08;
const MOST_VNI = 0xff_ffff;
const [IPV4_BYTES, IPV6_BYTES, UDP_BYTES, ETHERNET_BYTES] = [20, 40, 8, 14];

/** Opens the wire. Rejects with InputError ERR_WIRE on values out of range, or the system's code when the port is taken. */
export async function openVxlan(options: VxlanOptions): Promise<VxlanWire> {
  const { remote, vni, port = PORT } = options;
  if (!(Number.isInteger(vni) && vni >= 0 && vni <= MOST_VNI)) {
    throw new InputError("ERR_WIRE", `A VXLAN has a number from 0 to ${MOST_VNI}, not ${vni}.`);
  }
  const socket = createSocket(isIPv6(remote) ? "udp6" : "udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", ({ code = "EIO" }: NodeJS.ErrnoException) => {
      reject(new InputError(code, `UDP port ${port} cannot be used for a VXLAN (${code}); the kernel may have it.`));
    });
    socket.bind(port, resolve);
  });
  socket.removeAllListeners("error");
  // What the system tells of a machine that is not there is what a wire without a far end does: nothing.
  socket.on("error", () => {});
  return new Vxlan(socket, options);
}

class Vxlan implements VxlanWire {
  readonly name: string;
  readonly mtu: number;
  readonly carriesFcs = false;
  readonly stats: VxlanStats = { rxStrangers: 0 };
  #socket: Socket | null;
  #remote: string;
  #port: number;
  #header: Uint8Array;
  #end: WireEnd | null = null;
  #padder = new FramePadder();

  constructor(socket: Socket, { remote, vni, port = PORT, pathMtu = 1500 }: VxlanOptions) {
    this.name = `vxlan:${remote}/${vni}`;
    const outer = (isIPv6(remote) ? IPV6_BYTES : IPV4_BYTES) + UDP_BYTES + HEADER_BYTES + ETHERNET_BYTES;
    this.mtu = pathMtu - outer;
    this.#socket = socket;
    this.#remote = remote;
    this.#port = port;
    this.#header = Uint8Array.of(VALID_VNI, 0, 0, 0, vni >> 16, vni >> 8, vni, 0);
    socket.on("message", (datagram, { address }) => this.#take(datagram, address));
    // Sockets of the stack keep the process alive, not the wire.
    socket.unref();
  }

  /** Nothing tells whether anybody is at the other end. */
  get up(): boolean {
    return this.#socket !== null;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  send(frame: Uint8Array): void {
    // The socket reads the frame later than this call.
    this.#socket?.send([this.#header, Uint8Array.from(frame)], this.#port, this.#remote);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = null;
  }

  // The source port is the sender's choice, the reserved bytes are ignored (RFC 7348 §5).
  #take(datagram: Uint8Array, from: string): void {
    const length = datagram.length - HEADER_BYTES;
    const isOurs =
      from === this.#remote &&
      length > 0 &&
      length <= MAX_FRAME_BYTES &&
      (datagram[0] & VALID_VNI) !== 0 &&
      [4, 5, 6].every((at) => datagram[at] === this.#header[at]);
    if (isOurs) this.#end?.receive(this.#padder.pad(datagram.subarray(HEADER_BYTES)));
    else this.stats.rxStrangers++;
  }
}
