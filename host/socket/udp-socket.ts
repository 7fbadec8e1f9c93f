// A UDP socket in promises.

import { Errno } from "../../assembly/abi/errno.ts";
import { Event, SocketOption } from "../../assembly/abi/sockets.ts";
import { checkPort, parseAddress } from "../core/address.ts";
import { InputError, stackError } from "../errors.ts";
import type { Machine } from "../machine.ts";
import type { SocketStatus } from "../status.ts";
import type { Target } from "./calls.ts";
import { adapterOf, type Datagram, type MulticastInterface, setMember, takeDatagram } from "./datagrams.ts";
import type { SocketHandler } from "./table.ts";

interface PendingReceive {
  resolve(datagram: Datagram): void;
  reject(error: Error): void;
}

interface PendingSend {
  data: Uint8Array;
  target: Target | null;
  resolve(): void;
  reject(error: Error): void;
}

const encoder = new TextEncoder();

export class UdpSocket implements SocketHandler {
  readonly localAddress: string;
  readonly localPort: number;
  #machine: Machine;
  #fd: number;
  #receives: PendingReceive[] = [];
  #sends: PendingSend[] = [];
  /** An error that came with nobody waiting; the next call gets it, as with Berkeley's SO_ERROR. */
  #pendingError: Error | null = null;
  #gone: Error | null = null;

  /** Of a bound descriptor; `Stack.udp` makes these. */
  constructor(machine: Machine, fd: number) {
    this.#machine = machine;
    this.#fd = fd;
    const local = machine.calls.localName(fd);
    this.localAddress = local.address;
    this.localPort = local.port;
    machine.sockets.add(fd, this);
  }

  /** Takes datagrams from that peer only, reports its ICMP errors, and lets `send` go without an address. */
  connect(address: string, port: number): void {
    if (this.#gone !== null) throw this.#gone;
    this.#machine.calls.connect(this.#fd, { bytes: parseAddress(address), port: checkPort(port) });
  }

  /**
   * Done when the stack has taken the datagram, of at most 65,507 bytes (over IPv6 65,527); what is larger than a packet goes in fragments.
   * Without an address: to the peer of `connect`. Rejects with StackError: EMSGSIZE when it is larger than that, or than
   * one packet where the profile, or the option DONT_FRAGMENT, has no fragments; ENOBUFS when it needs more packets than
   * the profile has.
   */
  send(data: Uint8Array | string, address?: string, port?: number): Promise<void> {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    const target = address === undefined ? null : { bytes: parseAddress(address), port: checkPort(port ?? 0) };
    return new Promise((resolve, reject) => {
      const error = this.#takeError();
      if (error !== null) {
        reject(error);
        return;
      }
      this.#sends.push({ data: bytes, target, resolve, reject });
      if (this.#sends.length === 1) this.#serveSends();
    });
  }

  /** The next datagram. Rejects with StackError, such as the ECONNREFUSED of a connected peer without that port. */
  receive(): Promise<Datagram> {
    return new Promise((resolve, reject) => {
      const error = this.#takeError();
      if (error !== null) {
        reject(error);
        return;
      }
      this.#receives.push({ resolve, reject });
      if (this.#receives.length === 1) this.#serveReceives();
    });
  }

  setOption(option: SocketOption, value: number): void {
    if (this.#gone !== null) throw this.#gone;
    this.#machine.calls.setOption(this.#fd, option, value);
  }

  /** Takes what anybody sends to the group, as `dgram.Socket` does. Throws StackError EADDRINUSE when it does already. */
  addMembership(group: string, multicastInterface?: MulticastInterface): void {
    this.#member("joinGroup", group, undefined, multicastInterface);
  }

  /** Leaves the group, with whatever sources. Throws StackError EADDRNOTAVAIL when it was not joined. */
  dropMembership(group: string, multicastInterface?: MulticastInterface): void {
    this.#member("leaveGroup", group, undefined, multicastInterface);
  }

  /** Takes what this source sends to the group, besides those added before (RFC 4607). Throws StackError. */
  addSourceSpecificMembership(source: string, group: string, multicastInterface?: MulticastInterface): void {
    this.#member("joinGroup", group, source, multicastInterface);
  }

  dropSourceSpecificMembership(source: string, group: string, multicastInterface?: MulticastInterface): void {
    this.#member("leaveGroup", group, source, multicastInterface);
  }

  /** Hops that datagrams to groups may go, 0 to 255; 1 unless set: not beyond this link. 0: not out of this machine. */
  setMulticastTTL(ttl: number): number {
    if (!Number.isInteger(ttl) || ttl < 0 || ttl > 255) {
      throw new InputError("ERR_TTL", `A time to live for groups is a whole number from 0 to 255, not ${ttl}.`);
    }
    this.setOption(SocketOption.MULTICAST_TTL, ttl);
    return ttl;
  }

  /** Whether members on this machine get what the socket sends to a group; they do unless this says no. */
  setMulticastLoopback(flag: boolean): boolean {
    this.setOption(SocketOption.MULTICAST_LOOP, flag ? 1 : 0);
    return flag;
  }

  /** The adapter that datagrams to groups leave through. */
  setMulticastInterface(multicastInterface: MulticastInterface): void {
    this.setOption(SocketOption.MULTICAST_ADAPTER, adapterOf(this.#machine.core, multicastInterface));
  }

  /** Allows datagrams to a broadcast address; without this they are refused with EACCES. */
  setBroadcast(flag: boolean): void {
    this.setOption(SocketOption.BROADCAST, flag ? 1 : 0);
  }

  /** What the stack knows of the socket now; null after `close`. */
  status(): SocketStatus | null {
    return this.#fd < 0 ? null : this.#machine.statusOf(this.#fd);
  }

  close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#machine.sockets.remove(fd);
    this.#machine.calls.close(fd);
    this.stackGone(stackError(-Errno.EBADF, "receive"));
  }

  /** Datagrams until the socket is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Datagram, void, undefined> {
    while (this.#gone === null) {
      try {
        yield await this.receive();
      } catch (error) {
        if (this.#fd < 0) return;
        throw error;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  event(mask: number): void {
    if (mask & Event.ERROR) this.#failOne(this.#machine.calls.takeError(this.#fd));
    if (mask & Event.WRITABLE) this.#serveSends();
    this.#serveReceives();
  }

  stackGone(error: Error): void {
    this.#fd = -1;
    this.#gone = error;
    for (const pending of this.#receives.splice(0)) pending.reject(error);
    for (const pending of this.#sends.splice(0)) pending.reject(error);
  }

  #member(call: "joinGroup" | "leaveGroup", group: string, source?: string, where?: MulticastInterface): void {
    if (this.#gone !== null) throw this.#gone;
    setMember(this.#machine, this.#fd, call, { group, source, where });
  }

  // An error about a datagram sent before: one call hears of it, the socket lives on.
  #failOne(errno: number): void {
    if (errno >= 0) return;
    const error = stackError(errno, "receive");
    const waiting = this.#receives.shift();
    if (waiting) waiting.reject(error);
    else this.#pendingError = error;
  }

  #takeError(): Error | null {
    const error = this.#gone ?? this.#pendingError;
    this.#pendingError = null;
    return error;
  }

  #serveSends(): void {
    while (this.#sends.length > 0) {
      const { data, target, resolve, reject } = this.#sends[0];
      try {
        if (!this.#machine.calls.sendDatagram(this.#fd, data, target)) return;
        resolve();
      } catch (error) {
        reject(error as Error);
      }
      this.#sends.shift();
    }
  }

  #serveReceives(): void {
    while (this.#receives.length > 0) {
      try {
        const datagram = takeDatagram(this.#machine, this.#fd);
        if (datagram === null) return;
        this.#receives.shift()?.resolve(datagram);
      } catch (error) {
        this.#receives.shift()?.reject(error as Error);
      }
    }
  }
}
