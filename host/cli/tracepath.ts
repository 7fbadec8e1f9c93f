// `thimble tracepath`: the routers on the way to a machine, and the largest packet that goes there.

import type { Command } from "commander";
import {
  addressArgument,
  addStackOptions,
  checkVersion,
  examples,
  type StackOptions,
  seconds,
  wholeNumber,
} from "./options.ts";
import { type RunningStack, startStack } from "./run-stack.ts";
import { untilSignal } from "./signals.ts";
import { type Hop, trace } from "./trace.ts";

interface TracepathFlags extends StackOptions {
  hops: number;
  port: number;
  length?: number;
  /** Seconds. */
  timeout: number;
  version4?: boolean;
  version6?: boolean;
}

const HELP = `
Datagrams that must not be fragmented go out with a time to live of 1, 2, 3 ...: every router on the
way tells that one has died with it, and what its next link carries where that is less ("pmtu").
The destination tells that nothing listens on the port. "back" is how many hops an answer has come,
where that is another number: the way back is not the way there.`;

export function registerTracepath(program: Command): void {
  const command = program
    .command("tracepath")
    .summary("find the routers on a path, and the largest packet that it carries")
    .description("Finds the routers on the way to a machine, and the largest packet that goes there (path MTU).")
    .argument("<address>", "the machine at the end of the path", (text) => addressArgument("ADDRESS", text))
    .option("-m, --hops <number>", "give up after so many hops", hopsArgument, 30)
    .option("-p, --port <number>", "first destination port; nothing should listen there", portArgument, 44444)
    .option("-l, --length <bytes>", "size of the first packets (default: the adapter's MTU)", lengthArgument)
    .option(
      "-W, --timeout <seconds>",
      "how long to wait for an answer; each hop is asked three times",
      timeoutArgument,
      1,
    )
    .option("-n", "addresses as numbers (they always are)")
    .option("-4, --version4", "only IPv4")
    .option("-6, --version6", "only IPv6");
  addStackOptions(command)
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble tracepath 10.0.0.2 --wire sim:delay=5ms", "one hop, on a simulated cable"],
        ["thimble tracepath 192.0.2.1 --tap tap0 --address 10.0.0.2/24 --gateway 10.0.0.1", "through your kernel"],
        ["thimble tracepath 2001:db8:9::1 --tap tap0 --autoconfigure", "over IPv6"],
      ]),
    )
    .action(run);
}

async function run(address: string, flags: TracepathFlags): Promise<void> {
  checkVersion(address, { ipv4: flags.version4 ?? false, ipv6: flags.version6 ?? false });
  const stopped = untilSignal();
  const running = await startStack("tracepath", flags, { target: address });
  try {
    const mtu = flags.length ?? ownMtu(running);
    if (!flags.json) process.stdout.write(` 1?: ${"[LOCALHOST]".padEnd(40)} pmtu ${mtu}\n`);
    const options = { most: flags.hops, port: flags.port, mtu, timeout: flags.timeout * 1000 };
    const hops = await follow(trace(running.stack, address, options), stopped, flags);
    const last = hops.at(-1);
    const pmtu = hops.reduce((least, hop) => Math.min(least, hop.pmtu ?? least), mtu);
    const isReached = last?.isReached ?? false;
    if (!isReached) process.exitCode = 1;
    if (flags.json) process.stdout.write(`${JSON.stringify({ address, isReached, pmtu, hops }, null, 2)}\n`);
    else process.stdout.write(resumeText(last, pmtu));
  } finally {
    await running.close();
  }
}

async function follow(found: AsyncGenerator<Hop>, stopped: Promise<unknown>, { json }: TracepathFlags): Promise<Hop[]> {
  const hops: Hop[] = [];
  const stop = stopped.then(() => null);
  for (;;) {
    const next = await Promise.race([found.next(), stop]);
    if (next === null || next.done) return hops;
    hops.push(next.value);
    if (!json) process.stdout.write(hopText(next.value));
  }
}

function ownMtu({ stack }: RunningStack): number {
  return stack.adapters().find(({ kind }) => kind !== "loopback")?.mtu ?? 1500;
}

function hopText({ hop, address, micros, pmtu, isReached, back, remark }: Hop): string {
  const words = [`${String(hop).padStart(2)}:  ${(address ?? remark ?? "").padEnd(40)}`];
  if (micros !== null) words.push(`${(micros / 1000).toFixed(3)}ms`);
  if (address !== null && remark !== null) words.push(remark);
  if (pmtu !== null) words.push(`pmtu ${pmtu}`);
  // Who refuses a packet stands a hop before the one where it would have gone.
  if (back !== null && back !== hop && pmtu === null && remark === null) words.push(`asymm ${back}`);
  if (isReached) words.push("reached");
  return `${words.join(" ").trimEnd()}\n`;
}

function resumeText(last: Hop | undefined, pmtu: number): string {
  if (!last?.isReached) return `     Not reached: pmtu ${pmtu} as far as is known\n`;
  return `     Resume: pmtu ${pmtu} hops ${last.hop} back ${last.back}\n`;
}

function hopsArgument(text: string): number {
  return wholeNumber("--hops", text, 1, 255, "a path has 1 to 255 hops");
}

function portArgument(text: string): number {
  return wholeNumber("--port", text, 1, 60_000, "a first port is a number from 1 to 60000");
}

function lengthArgument(text: string): number {
  return wholeNumber("--length", text, 68, 9000, "a packet has 68 to 9000 bytes");
}

function timeoutArgument(text: string): number {
  return seconds("--timeout", text, 0.01, 60);
}
