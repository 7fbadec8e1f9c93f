// `thimble ping`: asks another machine for ICMP echoes, and says how many came back and how fast.

import type { Command } from "commander";
import { isV4, parseAddress } from "../core/address.ts";
import { StackError } from "../errors.ts";
import type { PingReply } from "../socket/ping.ts";
import { sentenceOf, UsageError } from "./errors.ts";
import { addressArgument, addStackOptions, examples, type StackOptions, seconds, wholeNumber } from "./options.ts";
import { addressTowards, type RunningStack, startStack } from "./run-stack.ts";
import { untilSignal } from "./signals.ts";

interface PingFlags extends StackOptions {
  count?: number;
  /** Seconds, as is `timeout`. */
  interval: number;
  size: number;
  ttl?: number;
  timeout: number;
}

/** One request and what became of it; `seq` counts from 1. */
interface Attempt {
  seq: number;
  reply: PingReply | null;
  error: string | null;
}

const ICMP_HEADER_BYTES = 8;
/** What 65535 bytes of a packet, in IPv6 of its payload, leave for data. */
const MOST_BYTES = { v4: 65_507, v6: 65_527 } as const;

export function registerPing(program: Command): void {
  const command = program
    .command("ping")
    .summary("see whether another machine answers")
    .description("Asks another machine for ICMP echoes. Exit code 1 when not one came back.")
    .argument("<address>", "the machine to ask", address)
    .option("-c, --count <number>", "stop after so many requests (default: at Ctrl-C)", count)
    .option("-i, --interval <seconds>", "time from one request to the next", interval, 1)
    .option("-s, --size <bytes>", "bytes of data in each request", size, 56)
    .option("-t, --ttl <hops>", "routers that a request may pass, 1 to 255", ttl)
    .option("-W, --timeout <seconds>", "how long to wait for a reply", timeout, 1);
  addStackOptions(command)
    .addHelpText(
      "after",
      examples([
        ["thimble ping 10.0.0.1 --tap tap0 --address 10.0.0.2/24", "ask the kernel behind a TAP"],
        ["thimble ping 10.0.0.2 -c 5 --wire sim:delay=20ms,loss=20%", "ask a second machine on a simulated cable"],
        ["thimble ping 2001:db8::1 --tap tap0 --address 2001:db8::2/64", "the same over IPv6"],
        ["thimble ping fe80::1%0 --tap tap0 --autoconfigure", "a neighbor by its address for the link"],
        [
          "thimble ping 10.0.0.1 -c 1000 -i 0.002 -s 1472 --tap tap0 --address 10.0.0.2/24",
          "full frames, many a second",
        ],
      ]),
    )
    .action(run);
}

async function run(target: string, flags: PingFlags): Promise<void> {
  checkSize(target, flags.size);
  const stopped = untilSignal();
  const running = await startStack("ping", flags, { target });
  try {
    if (!flags.json)
      process.stdout.write(`PING ${target} from ${addressTowards(running, target)}: ${flags.size} bytes of data.\n`);
    const began = performance.now();
    const attempts = await askAll(running, target, flags, stopped);
    const elapsed = performance.now() - began;
    const received = attempts.filter(({ reply }) => reply !== null).length;
    process.stdout.write(flags.json ? summaryJson(target, attempts, elapsed) : summary(target, attempts, elapsed));
    if (received === 0) process.exitCode = 1;
  } finally {
    await running.close();
  }
}

// Requests leave by the clock, whether or not those before were answered.
async function askAll(
  { stack }: RunningStack,
  target: string,
  flags: PingFlags,
  stopped: Promise<unknown>,
): Promise<Attempt[]> {
  const attempts: Promise<Attempt>[] = [];
  let isStopped = false;
  const stop = stopped.then(() => {
    isStopped = true;
  });
  const { size: bytes, ttl } = flags;
  const timeout = flags.timeout * 1000;
  const options = ttl === undefined ? { bytes, timeout } : { bytes, timeout, ttl };
  const began = performance.now();
  while (!isStopped && attempts.length < (flags.count ?? Number.POSITIVE_INFINITY)) {
    const seq = attempts.length + 1;
    const attempt = stack.ping(target, options).then(
      (reply) => ({ seq, reply, error: null }),
      (error: unknown) => ({ seq, reply: null, error: complaint(error) }),
    );
    attempts.push(attempt);
    if (!flags.json) void attempt.then((done) => process.stdout.write(attemptLine(target, done)));
    if (seq !== flags.count) await Promise.race([stop, pause(began + seq * flags.interval * 1000 - performance.now())]);
  }
  // What is under way at Ctrl-C is not waited for.
  const waiting = Promise.all(attempts);
  const all = await Promise.race([waiting, stop.then(() => settled(attempts))]);
  return all;
}

async function settled(attempts: Promise<Attempt>[]): Promise<Attempt[]> {
  const pending = (seq: number): Attempt => ({ seq, reply: null, error: "not waited for" });
  return Promise.all(attempts.map((attempt, i) => Promise.race([attempt, Promise.resolve(pending(i + 1))])));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}

function complaint(error: unknown): string {
  if (!(error instanceof StackError)) return sentenceOf(error);
  if (error.code === "ETIMEDOUT") return "no reply in time";
  if (error.code === "EHOSTUNREACH") return "destination host unreachable";
  return error.message;
}

function attemptLine(target: string, { seq, reply, error }: Attempt): string {
  if (reply === null) return `icmp_seq=${seq} ${error}\n`;
  const bytes = reply.bytes + ICMP_HEADER_BYTES;
  return `${bytes} bytes from ${target}: icmp_seq=${seq} ttl=${reply.ttl} time=${milliseconds(reply.micros)} ms\n`;
}

function summary(target: string, attempts: readonly Attempt[], elapsed: number): string {
  const { transmitted, received, lossPercent, times } = figures(attempts);
  const counts = `${transmitted} packets transmitted, ${received} received`;
  const head = `\n--- ${target} ping statistics ---\n${counts}, ${lossPercent}% packet loss, time ${Math.round(elapsed)}ms\n`;
  if (!times) return head;
  const values = [times.min, times.avg, times.max, times.mdev].map(milliseconds).join("/");
  return `${head}rtt min/avg/max/mdev = ${values} ms\n`;
}

function summaryJson(target: string, attempts: readonly Attempt[], elapsed: number): string {
  const replies = attempts.map(({ seq, reply, error }) => ({ seq, ...(reply ?? { error }) }));
  return `${JSON.stringify({ target, ...figures(attempts), elapsed: Math.round(elapsed), replies }, null, 2)}\n`;
}

/** Times in microseconds; null where nothing came back. */
interface Figures {
  transmitted: number;
  received: number;
  lossPercent: number;
  times: { min: number; avg: number; max: number; mdev: number } | null;
}

function figures(attempts: readonly Attempt[]): Figures {
  const micros = attempts.flatMap(({ reply }) => (reply ? [reply.micros] : []));
  const transmitted = attempts.length;
  const received = micros.length;
  const lossPercent = transmitted === 0 ? 0 : Math.round(1000 * (1 - received / transmitted)) / 10;
  if (received === 0) return { transmitted, received, lossPercent, times: null };
  const avg = micros.reduce((sum, time) => sum + time, 0) / received;
  const variance = micros.reduce((sum, time) => sum + (time - avg) ** 2, 0) / received;
  const times = { min: Math.min(...micros), avg, max: Math.max(...micros), mdev: Math.sqrt(variance) };
  return { transmitted, received, lossPercent, times };
}

function milliseconds(micros: number): string {
  return (micros / 1000).toFixed(3);
}

function address(text: string): string {
  return addressArgument("ADDRESS", text);
}

function count(text: string): number {
  return wholeNumber("--count", text, 1, 1e9, "say how many requests, 1 or more");
}

function interval(text: string): number {
  return seconds("--interval", text, 0.001, 3600);
}

function timeout(text: string): number {
  return seconds("--timeout", text, 0.001, 3600);
}

function size(text: string): number {
  return wholeNumber("--size", text, 0, MOST_BYTES.v6, `a request carries 0 to ${MOST_BYTES.v6} bytes`);
}

function checkSize(target: string, bytes: number): void {
  if (bytes <= MOST_BYTES.v4 || !isV4(parseAddress(target))) return;
  throw new UsageError(`--size ${bytes}: over IPv4 a request carries 0 to ${MOST_BYTES.v4} bytes.`);
}

function ttl(text: string): number {
  return wholeNumber("--ttl", text, 1, 255, "a time to live is a number from 1 to 255");
}
