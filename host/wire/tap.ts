// A Linux TAP: an Ethernet interface of the kernel whose other end is a file descriptor of ours. Frames there have
// no FCS and are not padded.

import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { InputError } from "../errors.ts";
import { MAX_FRAME_BYTES, MIN_FRAME_BYTES } from "../mac/ring-mac.ts";
import type { Wire, WireEnd } from "./wire.ts";

const DEVICE = "/dev/net/tun";
/** ioctl TUNSETIFF and its flags: a TAP, whose frames have no header of the driver's before them. */
const TUNSETIFF = 0x400454ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
/** struct ifreq: a name of 16 bytes, then flags. */
const IFREQ_BYTES = 40;
const IFREQ_FLAGS = 16;
const EAGAIN = 11;
/** Frames taken before the stack gets a turn: fewer than a receive ring holds, or the ring would overflow. */
const BATCH = 64;

/** The calls of the C library that a TAP needs, and libuv's watch on a descriptor that Node itself cannot wait for. */
interface System {
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  read(fd: number, buffer: Uint8Array, bytes: number): number;
  write(fd: number, buffer: Uint8Array, bytes: number): number;
  /** Error number of the call that failed last, and its name. */
  errno(): number;
  errorName(): string;
  watch(fd: number, onReadable: () => void): { unref(): void; close(): void };
}

/** What a TAP has done, for people. */
export interface TapStats {
  /** Frames that the kernel did not take: its queue was full or the interface down. */
  txDrops: number;
}

export interface TapWire extends Wire {
  readonly stats: TapStats;
}

/**
 * Opens the TAP interface `name`, which is made when it is not there (and then goes when it is closed). Rejects with
 * InputError: EPERM, EBUSY, ENOENT, EINVAL, ERR_PLATFORM.
 */
export async function openTap(name: string): Promise<TapWire> {
  if (process.platform !== "linux") {
    throw new InputError("ERR_PLATFORM", "A TAP needs Linux; elsewhere use --wire sim.");
  }
  const system = await loadSystem();
  const fd = openDevice(name);
  const request = new Uint8Array(IFREQ_BYTES);
  new TextEncoder().encodeInto(name, request);
  new DataView(request.buffer).setUint16(IFREQ_FLAGS, IFF_TAP | IFF_NO_PI, true);
  if (system.ioctl(fd, TUNSETIFF, request) < 0) {
    const code = system.errorName();
    closeSync(fd);
    throw new InputError(code, refusal(code, name));
  }
  return new Tap(system, fd, name);
}

class Tap implements TapWire {
  readonly name: string;
  readonly mtu?: number;
  readonly carriesFcs = false;
  readonly stats: TapStats = { txDrops: 0 };
  #system: System;
  #fd: number;
  #watch: { close(): void };
  #end: WireEnd | null = null;
  #buffer = new Uint8Array(MAX_FRAME_BYTES);
  /** The part of the buffer that the last frame filled; the next often has the same length. */
  #frame = this.#buffer.subarray(0, MIN_FRAME_BYTES);

  constructor(system: System, fd: number, name: string) {
    this.#system = system;
    this.#fd = fd;
    this.name = `tap:${name}`;
    const mtu = readMtu(name);
    if (mtu !== undefined) this.mtu = mtu;
    const watch = system.watch(fd, () => this.#drain());
    // Sockets keep the process alive, not the wire.
    watch.unref();
    this.#watch = watch;
  }

  get up(): boolean {
    return this.#fd >= 0;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  send(frame: Uint8Array): void {
    if (this.#fd < 0 || this.#system.write(this.#fd, frame, frame.length) < 0) this.stats.txDrops++;
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#watch.close();
    closeSync(this.#fd);
    this.#fd = -1;
  }

  #drain(): void {
    for (let left = BATCH; left > 0 && this.#fd >= 0; left--) {
      const bytes = this.#system.read(this.#fd, this.#buffer, this.#buffer.length);
      if (bytes > 0) {
        this.#end?.receive(this.#filled(bytes));
      } else {
        if (bytes < 0 && this.#system.errno() !== EAGAIN) this.#lost();
        return;
      }
    }
  }

  #filled(bytes: number): Uint8Array {
    if (bytes < MIN_FRAME_BYTES) this.#buffer.fill(0, bytes, MIN_FRAME_BYTES);
    const length = Math.max(bytes, MIN_FRAME_BYTES);
    if (length !== this.#frame.length) this.#frame = this.#buffer.subarray(0, length);
    return this.#frame;
  }

  // Somebody has removed the interface while it was in use.
  #lost(): void {
    this.close();
    this.#end?.linkChanged(false);
  }
}

async function loadSystem(): Promise<System> {
  const koffi = (await import("koffi")).default;
  const libc = koffi.load(null);
  const names = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
  return {
    ioctl: libc.func("int ioctl(int fd, unsigned long request, void *argument)"),
    read: libc.func("long read(int fd, void *buffer, size_t bytes)"),
    write: libc.func("long write(int fd, const void *buffer, size_t bytes)"),
    errno: () => koffi.errno(),
    errorName: () => names.get(koffi.errno()) ?? `E${koffi.errno()}`,
    watch: (fd, onReadable) => koffi.node.poll(fd, { readable: true, disconnect: true }, onReadable),
  };
}

function openDevice(name: string): number {
  try {
    return openSync(DEVICE, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    const { code = "EIO" } = error as NodeJS.ErrnoException;
    throw new InputError(code, refusal(code, name));
  }
}

function refusal(code: string, name: string): string {
  switch (code) {
    case "EPERM":
    case "EACCES":
      return `You may not use the TAP ${name}; "ip tuntap add dev ${name} mode tap user ${userInfo().username}" as root allows it.`;
    case "EBUSY":
      return `The TAP ${name} is in use by another program; stop that or take another name.`;
    case "ENOENT":
    case "ENODEV":
    case "ENXIO":
      return `This system has no ${DEVICE}; "modprobe tun" as root brings it.`;
    case "EINVAL":
      return `${name} is an interface of another kind; take another name or make a TAP with "ip tuntap add".`;
    default:
      return `The TAP ${name} cannot be opened (${code}).`;
  }
}

function readMtu(name: string): number | undefined {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/mtu`, "utf8"));
  } catch {
    // Without a sysfs of this network namespace nobody tells; the stack's own MTU then stands.
    return undefined;
  }
}
