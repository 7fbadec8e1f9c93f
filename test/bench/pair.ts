// Two machines on a cable without delay, driven at the level of the core's exports: no promises, no events, no waiting.
// Time is virtual, and each turn of a machine takes a little of it.

import { Errno } from "../../assembly/abi/errno.ts";
import { Result, SocketKind, SocketOption } from "../../assembly/abi/sockets.ts";
import { parseAddress, parseMac } from "../../host/core/address.ts";
import { Bus } from "../../host/core/bus.ts";
import { Core, type CoreExports } from "../../host/core/core.ts";
import { RingMac } from "../../host/mac/ring-mac.ts";
import { createCable } from "../../host/wire/cable.ts";
import type { Wire } from "../../host/wire/wire.ts";

const WINDOW_PACKETS = 44;

const AGAIN = -Errno.EAGAIN;
const PREFIX_LENGTH = 24;
/** Microseconds of virtual time that a turn takes. */
const TURN = 5;
/** Turns of both machines in which what is waited for must have happened: neighbors, handshakes and good-byes. */
const PATIENCE = 100;

/** One machine: its core, and what the host does most with it. */
export class Machine {
  readonly core: Core;
  readonly exports: CoreExports;
  /** Linear memory. */
  readonly memory: Buffer;
  readonly address: Uint8Array;

  private constructor(core: Core, address: string) {
    this.core = core;
    this.exports = core.exports;
    this.memory = Buffer.from(core.memory.buffer);
    this.address = parseAddress(address);
  }

  static async start(module: WebAssembly.Module, wire: Wire, address: string, mac: string): Promise<Machine> {
    const bus = new Bus();
    const core = await Core.start(module, [1, 2, 3, Number.parseInt(mac.slice(-2), 16)], { bus });
    const machine = new Machine(core, address);
    const device = new RingMac({ memory: core, wire, address: parseMac(mac), onInterrupt: () => {} });
    const adapter = done(core.exports.addAdapter(bus.attach(device), 0, 0), "addAdapter");
    done(core.exports.addAddress(adapter, core.putAddress(machine.address), PREFIX_LENGTH), "addAddress");
    return machine;
  }

  socket(kind: SocketKind): number {
    return done(this.exports.socket(kind, 0), "socket");
  }

  bind(fd: number, port: number): void {
    done(this.exports.bind(fd, this.core.putAddress(this.address), port), "bind");
  }

  connect(fd: number, peer: Machine, port: number): void {
    const answer = this.exports.connect(fd, this.core.putAddress(peer.address), port);
    if (answer !== -Errno.EINPROGRESS) done(answer, "connect");
  }

  listen(port: number, backlog: number): number {
    const fd = this.socket(SocketKind.STREAM);
    this.bind(fd, port);
    done(this.exports.listen(fd, backlog), "listen");
    return fd;
  }

  /** 64 KB at most, the window with which stacks are compared; less where the profile has less. */
  limitWindow(fd: number): void {
    const packets = Math.min(WINDOW_PACKETS, this.core.constants.RX_PACKETS_PER_TCB);
    done(this.exports.setOption(fd, SocketOption.RECEIVE_PACKETS, packets), "setOption");
  }

  /** Bytes of room at `pointer`; 0 when there is none now. */
  sendRoom(fd: number): number {
    const room = this.exports.sendRoom(fd);
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

export class Pair {
  readonly left: Machine;
  readonly right: Machine;
  #now = 1_000_000;

  private constructor(left: Machine, right: Machine) {
    this.left = left;
    this.right = right;
  }

  static async create(module: WebAssembly.Module): Promise<Pair> {
    const cable = createCable();
    return new Pair(
      await Machine.start(module, cable.left, "10.0.0.1", "02:00:00:00:00:01"),
      await Machine.start(module, cable.right, "10.0.0.2", "02:00:00:00:00:02"),
    );
  }

  turnLeft(): void {
    this.#now += TURN;
    this.left.core.poll(this.#now);
  }

  turnRight(): void {
    this.#now += TURN;
    this.right.core.poll(this.#now);
  }

  /** Lets time pass in which nothing is to happen but timers. Microseconds. */
  wait(time: number): void {
    this.#now += time;
  }

  /** Gives both machines turns until `happened`. */
  until(happened: () => boolean, what: string): void {
    for (let turns = 0; !happened(); turns++) {
      if (turns === PATIENCE) throw new Error(`After ${PATIENCE} turns of both machines: still no ${what}.`);
      this.turnLeft();
      this.turnRight();
    }
  }

  /** A connection from left to right: the descriptors of its ends. */
  connection(port: number): { left: number; right: number } {
    const listener = this.right.listen(port, 1);
    const left = this.left.socket(SocketKind.STREAM);
    this.right.limitWindow(listener);
    this.left.limitWindow(left);
    this.left.connect(left, this.right, port);
    let right = AGAIN;
    this.until(() => {
      right = this.right.exports.accept(listener);
      return right !== AGAIN;
    }, "connection");
    this.right.close(listener);
    return { left, right: done(right, "accept") };
  }
}
