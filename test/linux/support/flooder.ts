// Sends SYNs from forged addresses into the TAP through a packet socket, below the kernel's own TCP/IP, as fast as the
// stack at the other end takes them: what comes faster is lost in the TAP's queue before it reaches the stack, and so
// would be most of what honest clients send. Runs in the namespace. Prints a line of JSON when the first SYNs are out,
// and one when it has ended.

import { readFileSync, writeSync } from "node:fs";
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
}

export interface FloodReport {
  event: "flooding" | "ended";
  sent: number;
  /** Frames of whomever that the TAP's queue has dropped. */
  dropped: number;
  milliseconds: number;
}

/** Frames between two looks at the TAP's queue. */
const BURST = 50;
/** Milliseconds in which the stack empties a queue that was full: a thousand frames. */
const DRAIN = 3;
const DROPPED = `/sys/class/net/${TAP}/statistics/tx_dropped`;
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

const dropped = (): number => Number(readFileSync(DROPPED, "utf8"));

let wanted = true;
void untilInputEnds().then(() => {
  wanted = false;
});
const victim = { mac: parseMac(STACK_MAC), address: parseAddress(STACK).subarray(12), port: order.port };
const syns = new ForgedSyns(victim, parseMac(MAC), [NEARBY, ELSEWHERE], order.seed);
const fd = openPacketSocket();
const began = performance.now();
let sent = 0;
const report = (event: FloodReport["event"]): void => {
  const milliseconds = Math.round(performance.now() - began);
  process.stdout.write(`${JSON.stringify({ event, sent, dropped: dropped(), milliseconds } satisfies FloodReport)}\n`);
};

let droppedBefore = dropped();
while (wanted || sent < order.syns) {
  for (let left = BURST; left > 0; left--) writeSync(fd, syns.next());
  sent += BURST;
  if (sent === BURST) report("flooding");
  const droppedNow = dropped();
  await (droppedNow > droppedBefore ? setTimeout(DRAIN) : setImmediate());
  droppedBefore = droppedNow;
}
report("ended");
