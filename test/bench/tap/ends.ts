// The programs at both ends of a TAP, each a process in the namespace: Thimble, the kernel by Node's own sockets, and
// bare ones that only read or only write frames. Each prints a line of JSON when it is ready and one with what it saw.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { createStack, type Stack } from "../../../host/stack.ts";
import { openTap } from "../../../host/wire/tap.ts";
import { KERNEL, STACK, STACK_MAC, TAP } from "../../linux/support/network.ts";
import { Payload } from "../payload.ts";
import { SEGMENT_BYTES } from "../streams.ts";

const PORT = 7006;
const DATAGRAM_BYTES = 1472;
/** A whole frame of MTU 1500, without FCS. */
export const FRAME_BYTES = 1514;
/** Linux: AF_INET, SOCK_DGRAM, SOL_UDP, UDP_SEGMENT; and how many datagrams one call may bring with that. */
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const AT_ONCE = 44;
const MS = 1e6;

/** What an end does for so many milliseconds. */
export interface TapOrder {
  readonly role: keyof typeof ROLES;
  readonly ms: number;
}

/** From the first byte or frame to the last. */
export interface TapReport {
  readonly units: number;
  readonly seconds: number;
}

const ROLES = {
  "thimble-send": thimbleSend,
  "thimble-receive": thimbleReceive,
  "kernel-send": kernelSend,
  "kernel-receive": kernelReceive,
  "kernel-blast": kernelBlast,
  "bare-read": bareRead,
  "bare-write": bareWrite,
} as const;

export async function playEnd({ role, ms }: TapOrder): Promise<void> {
  const report = await ROLES[role](ms);
  if (report !== null) tell(report);
}

function tell(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const READY = { ready: true };

/** Counts what comes, from the first on. */
class Tally {
  units = 0;
  #first = 0n;
  #last = 0n;

  add(units: number): void {
    this.#last = process.hrtime.bigint();
    if (this.units === 0) this.#first = this.#last;
    this.units += units;
  }

  get report(): TapReport {
    return { units: this.units, seconds: Number(this.#last - this.#first) / 1e9 };
  }
}

/** The bytes of a stream, whole periods in a row; and their comparison on arrival. */
class Stream {
  readonly payload = new Payload(SEGMENT_BYTES, 44);
  readonly tally = new Tally();

  get block(): Uint8Array {
    return this.payload.block;
  }

  take(data: Uint8Array): void {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
    this.payload.check(this.tally.units, bytes, 0, bytes.length);
    this.tally.add(data.length);
  }
}

async function startStack(): Promise<Stack> {
  const wire = await openTap(TAP);
  return createStack({ wires: [{ wire, address: `${STACK}/24`, mac: STACK_MAC }] });
}

async function thimbleSend(ms: number): Promise<null> {
  const stack = await startStack();
  const connection = await stack.connect({ address: KERNEL, port: PORT });
  const { block } = new Stream();
  for (const end = after(ms); process.hrtime.bigint() < end; ) await connection.write(block);
  await connection.end();
  await stack.close();
  return null;
}

async function thimbleReceive(): Promise<TapReport> {
  const stack = await startStack();
  const listener = await stack.listen({ port: PORT });
  tell(READY);
  const connection = await listener.accept();
  const stream = new Stream();
  for (let data = await connection.read(); data !== null; data = await connection.read()) stream.take(data);
  await connection.end();
  await stack.close();
  return stream.tally.report;
}

async function kernelSend(ms: number): Promise<null> {
  const socket = connect({ host: STACK, port: PORT });
  await once(socket, "connect");
  const { block } = new Stream();
  for (const end = after(ms); process.hrtime.bigint() < end; ) {
    if (!socket.write(block)) await once(socket, "drain");
  }
  socket.end();
  await once(socket.resume(), "close");
  return null;
}

async function kernelReceive(): Promise<TapReport> {
  const server = createServer().listen(PORT, KERNEL);
  await once(server, "listening");
  tell(READY);
  const [socket] = await once(server, "connection");
  const stream = new Stream();
  socket.on("data", (data: Buffer) => stream.take(data));
  await once(socket, "end");
  server.close();
  return stream.tally.report;
}

/** As many datagrams as the kernel makes: it cuts what one call brings into frames itself. */
async function kernelBlast(ms: number): Promise<null> {
  const { socket, connectTo, setOption, send } = await loadSockets();
  const fd = socket(AF_INET, SOCK_DGRAM, 0);
  const address = socketAddress(STACK);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(DATAGRAM_BYTES, 0);
  if (connectTo(fd, address, address.length) < 0 || setOption(fd, SOL_UDP, UDP_SEGMENT, size, size.length) < 0)
    throw new Error("This kernel does not cut datagrams by itself.");
  const data = Buffer.alloc(AT_ONCE * DATAGRAM_BYTES);
  for (const end = after(ms); process.hrtime.bigint() < end; ) send(fd, data, data.length, 0);
  return null;
}

/** Reads while the other end sends, and a little longer. */
async function bareRead(ms: number): Promise<TapReport> {
  const wire = await openTap(TAP);
  const tally = new Tally();
  wire.attach({
    receive: (frame) => {
      if (frame.length === FRAME_BYTES) tally.add(1);
    },
    linkChanged: () => {},
  });
  tell(READY);
  let seen = -1;
  const end = after(60_000);
  // The watch on the descriptor does not keep the process alive.
  while ((tally.units === 0 || tally.units !== seen) && process.hrtime.bigint() < end) {
    seen = tally.units;
    await new Promise((resolve) => setTimeout(resolve, ms / 4));
  }
  wire.close();
  return tally.report;
}

/** Writes datagrams for a socket that nobody reads: the kernel takes them as far as its table of sockets. */
async function bareWrite(ms: number): Promise<TapReport> {
  const { socket, bindTo } = await loadSockets();
  const fd = socket(AF_INET, SOCK_DGRAM, 0);
  const address = socketAddress(KERNEL);
  if (bindTo(fd, address, address.length) < 0) throw new Error(`${KERNEL} has no free port ${PORT}.`);
  const wire = await openTap(TAP);
  const frame = datagramFrame();
  const tally = new Tally();
  for (const end = after(ms); process.hrtime.bigint() < end; ) {
    for (let i = 0; i < AT_ONCE; i++) wire.send(frame);
    tally.add(AT_ONCE);
    await turn();
  }
  wire.close();
  return tally.report;
}

/** A datagram from the stack's address to the kernel's, without a checksum of its own (RFC 768 allows that). */
function datagramFrame(): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  const kernelMac = readFileSync(`/sys/class/net/${TAP}/address`, "utf8").trim();
  frame.set(Buffer.from(`${kernelMac}:${STACK_MAC}`.replaceAll(":", ""), "hex"));
  frame.writeUInt16BE(0x0800, 12);
  const ip = frame.subarray(14);
  ip[0] = 0x45;
  ip.writeUInt16BE(ip.length, 2);
  ip.set([64, 17], 8);
  ip.set([...STACK.split("."), ...KERNEL.split(".")].map(Number), 12);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += ip.readUInt16BE(at);
  ip.writeUInt16BE(0xffff - ((sum & 0xffff) + (sum >>> 16)), 10);
  ip.writeUInt16BE(PORT, 20);
  ip.writeUInt16BE(PORT, 22);
  ip.writeUInt16BE(ip.length - 20, 24);
  return frame;
}

/** The calls of the C library for which Node has no name. */
async function loadSockets() {
  const koffi = (await import("koffi")).default;
  const libc = koffi.load(null);
  return {
    socket: libc.func("int socket(int domain, int type, int protocol)"),
    bindTo: libc.func("int bind(int fd, const void *address, int bytes)"),
    connectTo: libc.func("int connect(int fd, const void *address, int bytes)"),
    setOption: libc.func("int setsockopt(int fd, int level, int name, const void *value, int bytes)"),
    send: libc.func("long send(int fd, const void *data, size_t bytes, int flags)"),
  };
}

/** A struct sockaddr_in of PORT. */
function socketAddress(host: string): Buffer {
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.writeUInt16BE(PORT, 2);
  address.set(host.split(".").map(Number), 4);
  return address;
}

function after(ms: number): bigint {
  return process.hrtime.bigint() + BigInt(Math.round(ms * MS));
}
