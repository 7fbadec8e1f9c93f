// Sends SYNs from forged addresses into the TAP through a packet socket, below the kernel's own TCP/IP. Runs in the
// namespace. Prints a line of JSON when the first of them are out, and one when it has ended.

import { writeSync } from "node:fs";
import { setImmediate, setTimeout } from "node:timers/promises";
import koffi from "koffi";
import { parseAddress, parseMac } from "../../../host/core/address.ts";
import { ELSEWHERE, ForgedSyns, type Range } from "../../sim/forged-syns.ts";
import { untilInputEnds } from "./ends.ts";
import { STACK, STACK_MAC, TAP } from "./network.ts";

export interface FloodOrder {
  /** How many to send at least; more until the standard input has ended. */
  syns: number;
  port: number;
  seed: number;
  /** Milliseconds to wait after each burst; 0: as fast as they can be sent. */
  pause: number;
}

export interface FloodReport {
  event: "flooding" | "ended";
  sent: number;
  /** What the kernel refused to queue. */
  refused: number;
  milliseconds: number;
}

/** Frames between two looks at whether to end. */
const BURST = 250;
const AF_PACKET = 17;
const SOCK_RAW = 3;
const ETH_P_IP = 0x0800;
const SOCKADDR_LL_BYTES = 20;
const MAC = "02:00:00:00:77:66";
/** In the stack's own network, which has a prefix of 16 bits: it asks for their Ethernet addresses, and nobody answers. */
const NEARBY: Range = { network: Uint8Array.of(10, 77, 128, 0), prefixLength: 17 };

const order = JSON.parse(process.argv[2]) as FloodOrder;

/** A packet socket that is bound to the TAP, so that a write sends a frame (packet(7)). */
function openPacketSocket(): number {
  const libc = koffi.load(null);
  const socket = libc.func("int socket(int domain, int type, int protocol)");
  const bind = libc.func("int bind(int fd, const void *address, unsigned int bytes)");
  const indexOf = libc.func("unsigned int if_nametoindex(const char *name)");
  // Protocol 0: it receives nothing.
  const fd: number = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0) throw new Error(`no packet socket: error ${koffi.errno()}`);
  const address = new DataView(new ArrayBuffer(SOCKADDR_LL_BYTES));
  address.setUint16(0, AF_PACKET, true);
  address.setUint16(2, ETH_P_IP);
  address.setInt32(4, indexOf(TAP), true);
  if (bind(fd, address.buffer, SOCKADDR_LL_BYTES) < 0) throw new Error(`no way into ${TAP}: error ${koffi.errno()}`);
  return fd;
}

/** False when the kernel's queue is full. */
function send(fd: number, frame: Uint8Array): boolean {
  try {
    writeSync(fd, frame);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOBUFS") return false;
    throw error;
  }
}

let wanted = true;
void untilInputEnds().then(() => {
  wanted = false;
});
const victim = { mac: parseMac(STACK_MAC), address: parseAddress(STACK).subarray(12), port: order.port };
const syns = new ForgedSyns(victim, parseMac(MAC), [NEARBY, ELSEWHERE], order.seed);
const fd = openPacketSocket();
const began = performance.now();
let sent = 0;
let refused = 0;
const report = (event: FloodReport["event"]): void => {
  const milliseconds = Math.round(performance.now() - began);
  process.stdout.write(`${JSON.stringify({ event, sent, refused, milliseconds } satisfies FloodReport)}\n`);
};

while (wanted || sent < order.syns) {
  for (let left = BURST; left > 0; left--) {
    if (send(fd, syns.next())) sent++;
    else refused++;
  }
  if (sent + refused === BURST) report("flooding");
  await (order.pause > 0 ? setTimeout(order.pause) : setImmediate());
}
report("ended");
