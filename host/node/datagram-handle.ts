// A UDP descriptor as `dgram.Socket` uses it: calls answer with error numbers, and what happens comes in callbacks.

import { Errno } from "../../assembly/abi/errno.ts";
import { Event, SocketKind, SocketOption } from "../../assembly/abi/sockets.ts";
import type { Machine } from "../machine.ts";
import type { Target } from "../socket/calls.ts";
import { adapterOf, type MulticastInterface, setMember, takeDatagram } from "../socket/datagrams.ts";
import { type AddressInfo, addressInfo, type Family, familyOf, targetOf } from "./address.ts";
import { errnoOf, Handle } from "./handle.ts";

/** Who gets what comes. */
export interface DatagramReader {
  datagram(data: Uint8Array, from: AddressInfo): void;
  /** A datagram sent before has met an error. */
  failed(errno: number): void;
}

interface PendingSend {
  data: Uint8Array;
  target: Target | null;
  done: (errno: number) => void;
}

const ANY = { 4: "0.0.0.0", 6: "::" };
/** Nobody in particular: a connection with this ends one. */
const NOBODY: Target = { bytes: new Uint8Array(16), port: 0 };

export class DatagramHandle extends Handle {
  readonly family: Family;
  #reader: DatagramReader;
  #bound = false;
  /** Whether datagrams of the other version of IP are welcome. */
  #takesBoth = false;
  #sends: PendingSend[] = [];
  /** An error about a datagram to the peer; those about others are nobody's, as with Linux. */
  #failure = 0;
  #hasPeer = false;

  constructor(machine: Machine, family: Family, reader: DatagramReader) {
    super(machine, "UDPWRAP");
    this.family = family;
    this.#reader = reader;
  }

  get isBound(): boolean {
    return this.#bound;
  }

  /** Datagrams, and their bytes, that wait for room. */
  get queued(): { count: number; bytes: number } {
    return { count: this.#sends.length, bytes: this.#sends.reduce((sum, { data }) => sum + data.length, 0) };
  }

  bind(address: string, port: number, options: { reuseAddr?: boolean; ipv6Only?: boolean } = {}): number {
    if (familyOf(address) !== this.family) return -Errno.EINVAL;
    return errnoOf(() => {
      const { calls } = this.machine;
      const { target, adapter } = targetOf(address, port);
      const fd = this.open(SocketKind.DATAGRAM);
      this.#takesBoth = this.family === 6 && !options.ipv6Only;
      if (options.reuseAddr) calls.setOption(fd, SocketOption.REUSE_ADDRESS, 1);
      if (adapter !== null) calls.setOption(fd, SocketOption.BOUND_ADAPTER, adapter);
      calls.bind(fd, target);
      this.#bound = true;
      this.setActive(true);
    });
  }

  connect(address: string, port: number): number {
    const errno = errnoOf(() => this.machine.calls.connect(this.fd, targetOf(address, port).target));
    this.#hasPeer = errno === 0;
    return errno;
  }

  disconnect(): number {
    this.#hasPeer = false;
    return errnoOf(() => this.machine.calls.connect(this.fd, NOBODY));
  }

  /** Sends to that address, or to the peer; `done` is called later unless the answer is that it has gone. */
  send(data: Uint8Array, to: { address: string; port: number } | null, done: (errno: number) => void): boolean {
    const send: PendingSend = { data, target: null, done };
    const refused = errnoOf(() => {
      if (to !== null) send.target = targetOf(to.address, to.port).target;
    });
    const outcome = refused === 0 ? this.#sendNow(send) : refused;
    if (outcome === null) this.#sends.push(send);
    else if (outcome !== 0) process.nextTick(done, outcome);
    return outcome === 0;
  }

  // Behind those that wait, nothing is sent now.
  #sendNow(send: PendingSend): number | null {
    return this.#sends.length > 0 ? null : this.#attempt(send);
  }

  // 0, an error number, or null when there is no room now.
  #attempt({ data, target }: PendingSend): number | null {
    let sent = false;
    const errno = errnoOf(() => {
      sent = this.machine.calls.sendDatagram(this.fd, data, target);
    });
    if (errno !== 0) return errno;
    return sent ? 0 : null;
  }

  localName(): AddressInfo | number {
    return this.#name("localName");
  }

  remoteName(): AddressInfo | number {
    return this.#name("peerName");
  }

  #name(call: "localName" | "peerName"): AddressInfo | number {
    if (this.fd < 0) return -Errno.EBADF;
    let info: AddressInfo | null = null;
    const errno = errnoOf(() => {
      info = addressInfo(this.machine.calls[call](this.fd), this.family);
    });
    return info ?? errno;
  }

  setOption(option: SocketOption, value: number): number {
    if (this.fd < 0) return -Errno.EBADF;
    return errnoOf(() => this.machine.calls.setOption(this.fd, option, value));
  }

  getOption(option: SocketOption): number {
    if (this.fd < 0) return -Errno.EBADF;
    let value = 0;
    const errno = errnoOf(() => {
      value = this.machine.calls.getOption(this.fd, option);
    });
    return errno || value;
  }

  setMulticastInterface(where: MulticastInterface): number {
    return errnoOf(() => {
      const adapter = adapterOf(this.machine.core, where);
      this.machine.calls.setOption(this.fd, SocketOption.MULTICAST_ADAPTER, adapter);
    });
  }

  /** Joins or leaves a group; a socket that has no port yet gets one. */
  member(call: "joinGroup" | "leaveGroup", group: string, source?: string, where?: MulticastInterface): number {
    const unbound = this.#bound ? 0 : this.bind(ANY[this.family], 0);
    return unbound || errnoOf(() => setMember(this.machine, this.fd, call, { group, source, where }));
  }

  release(): void {
    this.giveBack("close", () => {});
  }

  protected note(mask: number): void {
    const errno = mask & Event.ERROR ? this.machine.calls.takeError(this.fd) : 0;
    if (errno !== 0 && this.#hasPeer) this.#failure = errno;
  }

  protected turn(): boolean {
    if (this.#failure !== 0) return this.#tellFailure();
    return this.#tellSent() || this.#tellDatagram();
  }

  #tellFailure(): boolean {
    const failure = this.#failure;
    this.#failure = 0;
    this.#reader.failed(failure);
    return true;
  }

  #tellSent(): boolean {
    const [send] = this.#sends;
    if (send === undefined) return false;
    const errno = this.#attempt(send);
    if (errno === null) return false;
    this.#sends.shift();
    send.done(errno);
    return true;
  }

  #tellDatagram(): boolean {
    if (!this.#bound) return false;
    let datagram: ReturnType<typeof takeDatagram> = null;
    const errno = errnoOf(() => {
      datagram = takeDatagram(this.machine, this.fd);
    });
    if (errno !== 0) this.#reader.failed(errno);
    if (datagram === null) return errno !== 0;
    const { data, ...from } = datagram as NonNullable<ReturnType<typeof takeDatagram>>;
    if (this.#takesBoth || familyOf(from.address) === this.family) {
      this.#reader.datagram(data, addressInfo(from, this.family));
    }
    return true;
  }
}
