// A raw socket in promises: what IP carries, of one protocol.

import type { SocketOption } from "../../assembly/abi/sockets.ts";
import { InputError } from "../errors.ts";
import type { Machine } from "../machine.ts";
import type { SocketStatus } from "../status.ts";
import { UdpSocket } from "./udp-socket.ts";

export interface RawOptions {
  /** Number of the protocol upon IP (IANA, Protocol Numbers), 1 to 255. */
  protocol: number;
  /** An own address, or a group; default: any. */
  address?: string;
  /** Number of the adapter that it receives and sends through; default: any. */
  adapter?: number;
  /** Where the Internet checksum lies in what is sent, in bytes, an even number to 254; default: nowhere. */
  checksum?: number;
}

/** What came: the bytes behind the IP header. */
export interface RawPacket {
  data: Uint8Array;
  /** The sender. */
  address: string;
  /** Time to live, or hop limit, that it came in with. */
  ttl: number;
}

export class RawSocket {
  readonly protocol: number;
  readonly #socket: UdpSocket;

  /** Of a bound descriptor; `Stack.raw` makes these. */
  constructor(machine: Machine, fd: number) {
    this.#socket = new UdpSocket(machine, fd);
    this.protocol = this.#socket.localPort;
  }

  /** Done when the stack has taken the packet. Rejects with StackError as a UDP socket's `send` does. */
  send(data: Uint8Array | string, address: string): Promise<void> {
    return this.#socket.send(data, address, this.protocol);
  }

  /** The next packet of the protocol. */
  async receive(): Promise<RawPacket> {
    const { data, address, ttl } = await this.#socket.receive();
    return { data, address, ttl };
  }

  setOption(option: SocketOption, value: number): void {
    this.#socket.setOption(option, value);
  }

  /** Takes what anybody sends to the group. Throws StackError EADDRINUSE when it does already. */
  addMembership(group: string, adapter?: number): void {
    this.#socket.addMembership(group, adapter);
  }

  /** What the stack knows of the socket now; null after `close`. */
  status(): SocketStatus | null {
    return this.#socket.status();
  }

  close(): void {
    this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

/** The protocol's number, checked. Throws InputError. */
export function checkProtocol(protocol: number): number {
  if (!Number.isInteger(protocol) || protocol < 1 || protocol > 255) {
    throw new InputError("ERR_PROTOCOL", `A protocol upon IP is a whole number from 1 to 255, not ${protocol}.`);
  }
  return protocol;
}
