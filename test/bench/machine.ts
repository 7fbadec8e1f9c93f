// One machine driven at the level of the core's exports: no promises, no events, no waiting.

import { Errno } from "../../assembly/abi/errno.ts";
import { Result, SocketKind, SocketOption } from "../../assembly/abi/sockets.ts";
import { parseAddress, parseMac } from "../../host/core/address.ts";
import { Bus } from "../../host/core/bus.ts";
import { Core, type CoreExports } from "../../host/core/core.ts";
import { RingMac } from "../../host/mac/ring-mac.ts";
import type { Wire } from "../../host/wire/wire.ts";

export const AGAIN = -Errno.EAGAIN;
const PREFIX_LENGTH = 24;

export interface MachineOptions {
  wire: Wire;
  address: string;
  mac: string;
  /** 128 bits of entropy, as four 32-bit words. */
  seeds: ArrayLike<number>;
  /** The MAC's interrupt line has risen; a machine that is polled in turn needs none. */
  onInterrupt?: () => void;
}

/** What is asked of a machine's MAC while time is taken. */
export interface BenchMac {
  /** True while it has something to say that the core has not heard. */
  readonly interrupt: boolean;
  /** Frames that it has sent. */
  readonly sent: number;
}

/** One machine, or one of two that share a core: its core, and what the host does most with it. */
export class Machine {
  readonly core: Core;
  readonly exports: CoreExports;
  /** Linear memory. */
  readonly memory: Buffer;
  readonly address: Uint8Array;
  /** The address by which the other end knows it. */
  readonly seenAs: Uint8Array;
  readonly mac: BenchMac;

  constructor(core: Core, mac: BenchMac, address: string, seenAs = address) {
    this.core = core;
    this.exports = core.exports;
    this.memory = Buffer.from(core.memory.buffer);
    this.address = parseAddress(address);
    this.seenAs = parseAddress(seenAs);
    this.mac = mac;
  }

  static async start(module: WebAssembly.Module, options: MachineOptions): Promise<Machine> {
    const { wire, seeds, onInterrupt = () => {} } = options;
    const bus = new Bus();
    const core = await Core.start(module, seeds, { bus });
    const mac = new RingMac({ memory: core, wire, address: parseMac(options.mac), onInterrupt });
    const seen: BenchMac = {
      get interrupt() {
        return mac.interrupt;
      },
      get sent() {
        return mac.counters.txFrames;
      },
    };
    const machine = new Machine(core, seen, options.address);
    machine.addAddress(done(core.exports.addAdapter(bus.attach(mac), 0, 0), "addAdapter"));
    return machine;
  }

  /** Gives the machine's address to one of its core's adapters. */
  addAddress(adapter: number): void {
    const at = this.core.putAddress(this.address);
    done(this.exports.addAddress(adapter, at, PREFIX_LENGTH, 0), "addAddress");
  }

  socket(kind: SocketKind): number {
    return done(this.exports.socket(kind, 0), "socket");
  }

  bind(fd: number, port: number): void {
    done(this.exports.bind(fd, this.core.putAddress(this.address), port), "bind");
  }

  connect(fd: number, peer: Machine, port: number): void {
    const answer = this.exports.connect(fd, this.core.putAddress(peer.seenAs), port);
    if (answer !== -Errno.EINPROGRESS) done(answer, "connect");
  }

  listen(port: number, backlog: number): number {
    const fd = this.socket(SocketKind.STREAM);
    this.bind(fd, port);
    done(this.exports.listen(fd, backlog), "listen");
    return fd;
  }

  setOption(fd: number, option: SocketOption, value: number): void {
    done(this.exports.setOption(fd, option, value), "setOption");
  }

  /** Windows of so many segments in both directions; less where the profile has less. */
  limitWindow(fd: number, packets: number): void {
    const { RX_PACKETS_PER_TCB: receive, TX_PACKETS_PER_TCB: send } = this.core.constants;
    this.setOption(fd, SocketOption.RECEIVE_PACKETS, Math.min(packets, receive));
    this.setOption(fd, SocketOption.SEND_PACKETS, Math.min(packets, send));
  }

  /** The descriptor of a connection that waits at a listener; -1 when none does. */
  accept(listener: number): number {
    const fd = this.exports.accept(listener);
    return fd === AGAIN ? -1 : done(fd, "accept");
  }

  localPort(fd: number): number {
    done(this.exports.localName(fd), "localName");
    return this.core.result(Result.PORT);
  }

  peerPort(fd: number): number {
    done(this.exports.peerName(fd), "peerName");
    return this.core.result(Result.PORT);
  }

  /** Bytes of room at `pointer`; 0 when there is none now. */
  sendRoom(fd: number): number {
    const room = this.exports.sendRoom(fd, 0, 0);
    return room === AGAIN ? 0 : done(room, "sendRoom");
  }

  sendCommit(fd: number, bytes: number): void {
    done(this.exports.sendCommit(fd, bytes), "sendCommit");
  }

  /** Bytes ready at `pointer`, 0 at the end of a stream; -1 when nothing is ready. */
  recvPeek(fd: number): number {
    const bytes = this.exports.recvPeek(fd);
    return bytes === AGAIN ? -1 : done(bytes, "recvPeek");
  }

  recvConsume(fd: number, bytes: number): void {
    done(this.exports.recvConsume(fd, bytes), "recvConsume");
  }

  close(fd: number): void {
    done(this.exports.close(fd), "close");
  }

  /** Where the bytes lie that `sendRoom` or `recvPeek` was about. */
  get pointer(): number {
    return this.core.result(Result.POINTER);
  }
}

/** A non-negative answer of the core; a negative one is thrown. */
function done(answer: number, call: string): number {
  if (answer < 0) throw new Error(`${call} answered ${Errno[-answer] ?? answer}.`);
  return answer;
}
