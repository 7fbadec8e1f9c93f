// `thimble iperf3`: measures how much goes through, with an iperf3 at the other end or another thimble.

import type { Command } from "commander";
import type { CongestionName } from "../../status.ts";
import { UsageError } from "../errors.ts";
import {
  addressArgument,
  addStackOptions,
  checkVersion,
  examples,
  portOption,
  type StackOptions,
  seconds,
  wholeNumber,
} from "../options.ts";
import { type RunningStack, startStack } from "../run-stack.ts";
import { untilSignal } from "../signals.ts";
import { VERSION } from "../version.ts";
import { runClient } from "./client.ts";
import { DEFAULT_PORT, type Parameters } from "./protocol.ts";
import { acceptedText, endText, intervalText, outcomes, startText } from "./report.ts";
import { type Interval, testJson } from "./report-json.ts";
import { runServer, type ServerObserver } from "./server.ts";
import type { TestRun } from "./test-run.ts";

interface Iperf3Flags extends StackOptions {
  server?: boolean;
  client?: string;
  port: number;
  once?: boolean;
  bind?: string;
  udp?: boolean;
  bitrate?: number;
  time?: number;
  bytes?: number;
  blocks?: number;
  length?: number;
  parallel: number;
  reverse?: boolean;
  bidir?: boolean;
  omit: number;
  interval: number;
  noDelay?: boolean;
  congestion?: CongestionName;
  connectTimeout?: number;
  ipv4?: boolean;
  ipv6?: boolean;
}

const DEFAULT_SECONDS = 10;
const TCP_BLOCK_BYTES = 128 * 1024;
const MOST_BLOCK_BYTES = 1024 * 1024;
const MOST_UDP_BYTES = 65_507;
const UDP_BITRATE = 1024 * 1024;
/** In rates they are powers of 1000, in sizes of 1024, as iperf3 has it. */
const UNITS: Readonly<Record<string, number>> = { "": 0, k: 1, m: 2, g: 3, t: 4 };

const HELP = `
The other side is an iperf3, version 3.1 or later, or another thimble. "Bitrate" counts data without
headers; "Retr" segments that were sent again; "Cwnd" is what TCP thinks the network bears. Over UDP
"Jitter" is how much the delay varies (RFC 3550). The last lines say what the sender and what the
receiver has counted.

On a simulated cable the machine at the other end is a server.`;

export function registerIperf3(program: Command): void {
  const command = program
    .command("iperf3")
    .summary("measure how much goes through, with an iperf3 at the other end")
    .description("Measures how much goes through, over TCP or UDP, with an iperf3 at the other end.")
    .option("-c, --client <address>", "run a test with the server at this address", hostArgument)
    .option("-s, --server", "wait for tests")
    .option("-p, --port <number>", "the server's port", portOption, DEFAULT_PORT)
    .option("-1, --one-off", "with -s: end after one test")
    .option("-B, --bind <address>", "with -s: the address to wait at (default: all)", hostArgument)
    .option("-u, --udp", "UDP instead of TCP")
    .option("-b, --bitrate <rate>", "bits a second for each stream, 0 for no limit (UDP: 1M, TCP: 0)", rateArgument)
    .option("-t, --time <seconds>", "how long the test takes (default: 10)", timeArgument)
    .option("-n, --bytes <number>", "bytes to move instead, as in 100M", (text) => sizeArgument("--bytes", text))
    .option("-k, --blockcount <number>", "blocks to move instead", (text) => sizeArgument("--blockcount", text))
    .option("-l, --length <number>", "bytes of a block (TCP: 128K, UDP: what fits a packet)", lengthArgument)
    .option("-P, --parallel <number>", "streams at once, 1 to 128", parallelArgument, 1)
    .option("-R, --reverse", "the server sends")
    .option("--bidir", "both send")
    .option("-O, --omit <seconds>", "do not count the first seconds", omitArgument, 0)
    .option("-i, --interval <seconds>", "time between reports, 0 for none", intervalArgument, 1)
    .option("-N, --no-delay", "send small segments at once")
    .option("-C, --congestion <name>", "congestion control: cubic or reno", congestionArgument)
    .option("--connect-timeout <ms>", "give up connecting after so long", connectArgument)
    .option("-4, --version4", "only IPv4")
    .option("-6, --version6", "only IPv6")
    .option("-J", "print data instead of text, as --json does");
  addStackOptions(command)
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble iperf3 -s --tap tap0 --address 10.0.0.2/24", "then: iperf3 -c 10.0.0.2"],
        ["thimble iperf3 -c 10.0.0.1 --tap tap0 --address 10.0.0.2/24", "with: iperf3 -s"],
        ["thimble iperf3 -c 10.0.0.1 -R -P 8 --tap tap0 --address 10.0.0.2/24", "eight streams to this side"],
        ["thimble iperf3 -c 10.0.0.2 -t 3 --wire sim:rate=100Mbit,delay=5ms", "a simulated cable"],
        ["thimble iperf3 -c 10.0.0.2 -u -b 10M --wire sim:loss=1%", "datagrams that get lost"],
      ]),
    )
    .action(run);
}

async function run(given: Record<string, unknown>): Promise<void> {
  const flags = flagsOf(given);
  const { client, server } = flags;
  if ((client === undefined) === !server)
    throw new UsageError("Give one of the two: -c ADDRESS to run a test, or -s to wait for tests.");
  const parameters = server ? null : parametersOf(flags);
  const stopped = untilSignal();
  const running = await startStack("iperf3", flags, client === undefined ? {} : { target: client });
  try {
    if (parameters) await runAsClient(running, client as string, parameters, flags, stopped);
    else await runAsServer(running, flags, stopped);
  } finally {
    await running.close();
  }
}

// Commander makes "delay: false" of --no-delay, and has a long name for every letter.
function flagsOf(given: Record<string, unknown>): Iperf3Flags {
  const { delay, oneOff, blockcount, version4, version6, J, json, ...rest } = given;
  return {
    ...(rest as unknown as Iperf3Flags),
    noDelay: delay === false,
    ...(oneOff ? { once: true } : {}),
    ...(blockcount === undefined ? {} : { blocks: blockcount as number }),
    ...{ ipv4: version4 === true, ipv6: version6 === true, json: json === true || J === true },
  };
}

function parametersOf(flags: Iperf3Flags): Parameters {
  const { udp = false, time, bytes, blocks, length, bidir, reverse, congestion, bitrate, noDelay, client } = flags;
  if ([time, bytes, blocks].filter((limit) => limit !== undefined).length > 1) {
    throw new UsageError("Of -t, -n and -k, give one: each says when the test is over.");
  }
  if (bidir && reverse) throw new UsageError("--bidir sends both ways already; give it without -R.");
  if (udp && length !== undefined && (length < 16 || length > MOST_UDP_BYTES)) {
    throw new UsageError(`--length ${length}: a datagram of a test carries 16 to ${MOST_UDP_BYTES} bytes.`);
  }
  if (client !== undefined) checkVersion(client, flags);
  return {
    ...(udp ? { udp: true } : { tcp: true }),
    omit: flags.omit,
    time: time ?? (bytes === undefined && blocks === undefined ? DEFAULT_SECONDS : 0),
    num: bytes ?? 0,
    blockcount: blocks ?? 0,
    parallel: flags.parallel,
    ...(reverse ? { reverse: true } : {}),
    ...(bidir ? { bidirectional: true } : {}),
    ...(noDelay ? { nodelay: true } : {}),
    ...(congestion ? { congestion } : {}),
    // 0: what fits a packet of the path.
    len: length ?? (udp ? 0 : TCP_BLOCK_BYTES),
    bandwidth: bitrate ?? (udp ? UDP_BITRATE : 0),
    ...{ pacing_timer: 1000, client_version: "3.12", udp_counters_64bit: 1 },
  };
}

async function runAsClient(
  { stack, far }: RunningStack,
  address: string,
  parameters: Parameters,
  flags: Iperf3Flags,
  stopped: Promise<unknown>,
): Promise<void> {
  const { port, interval, json = false, connectTimeout } = flags;
  const print = (text: string): void => void (json || process.stdout.write(text));
  if (far) await runServer(far, { port, interval: 0 }, SILENT);
  print(`Connecting to host ${address}, port ${port}\n`);
  const intervals: Interval[] = [];
  const isUdp = parameters.udp === true;
  const options = { address, port, parameters, interval, stopped };
  const { run, remote } = await runClient(
    stack,
    { ...options, ...(connectTimeout === undefined ? {} : { connectTimeout }) },
    {
      started: (run) => print(startText(run)),
      interval: (reports, isWarmUp) => {
        intervals.push({ reports, isWarmUp });
        print(intervalText(reports, isUdp, isWarmUp));
      },
    },
  );
  if (json) printJson(testJson({ run, remote, intervals, version: VERSION }));
  print(`${endText(outcomes(run, remote), isUdp)}\niperf Done.\n`);
}

async function runAsServer(
  { stack, addresses, wireName }: RunningStack,
  flags: Iperf3Flags,
  stopped: Promise<unknown>,
): Promise<void> {
  const { port, interval, json = false } = flags;
  const print = (text: string): void => void (json || process.stdout.write(text));
  let intervals: Interval[] = [];
  const isUdp = (run: TestRun): boolean => run.parameters.udp === true;
  let udp = false;
  const observer: ServerObserver = {
    accepted: (peer) => {
      intervals = [];
      print(acceptedText(peer));
    },
    started: (run) => {
      udp = isUdp(run);
      print(startText(run));
    },
    interval: (reports, isWarmUp) => {
      intervals.push({ reports, isWarmUp });
      print(intervalText(reports, udp, isWarmUp));
    },
    finished: (run, remote) => {
      if (json) printJson(testJson({ run, remote, intervals, version: VERSION }));
      print(`${endText(outcomes(run, remote), udp)}${BANNER}`);
    },
    failed: (sentence) => process.stderr.write(`thimble iperf3: ${sentence}\n`),
  };
  const once = flags.once === true;
  const bound = flags.bind === undefined ? {} : { address: flags.bind };
  const server = await runServer(stack, { port, interval, once, ...bound }, observer);
  print(`Server listening on ${port} of ${flags.bind ?? addresses.join(" and ")} (${wireName}). Ctrl-C ends.\n`);
  await Promise.race([server.done, stopped]);
  server.close();
}

const BANNER = `${"-".repeat(60)}\n`;

/** The machine at the other end of a simulated cable has nobody to tell. */
const SILENT: ServerObserver = {
  accepted: () => {},
  started: () => {},
  interval: () => {},
  finished: () => {},
  failed: () => {},
};

function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

function hostArgument(text: string): string {
  return addressArgument("ADDRESS", text);
}

function rateArgument(text: string): number {
  return scaledNumber("--bitrate", text, 1000, "10M");
}

function sizeArgument(option: string, text: string): number {
  return scaledNumber(option, text, 1024, "100M");
}

function lengthArgument(text: string): number {
  const bytes = scaledNumber("--length", text, 1024, "128K");
  if (bytes >= 1 && bytes <= MOST_BLOCK_BYTES) return bytes;
  throw new UsageError(`--length ${text}: a block has 1 byte to 1M.`);
}

function scaledNumber(option: string, text: string, step: number, example: string): number {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)([kmgt]?)$/i.exec(text) ?? [];
  const power = UNITS[unit.toLowerCase()];
  if (digits !== "" && power !== undefined) return Math.round(Number(digits) * step ** power);
  throw new UsageError(`${option} ${text}: say a number, with K, M, G or T behind it if need be, as in ${example}.`);
}

function timeArgument(text: string): number {
  return seconds("--time", text, 0.1, 86_400);
}

function omitArgument(text: string): number {
  return seconds("--omit", text, 0, 600);
}

function intervalArgument(text: string): number {
  return text === "0" ? 0 : seconds("--interval", text, 0.1, 60);
}

function parallelArgument(text: string): number {
  return wholeNumber("--parallel", text, 1, 128, "a test has 1 to 128 streams");
}

function connectArgument(text: string): number {
  return wholeNumber("--connect-timeout", text, 1, 3_600_000, "say milliseconds, 1 or more");
}

function congestionArgument(text: string): CongestionName {
  if (text === "cubic" || text === "reno") return text;
  throw new UsageError(`--congestion ${text}: the stack has cubic and reno.`);
}
