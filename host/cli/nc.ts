// `thimble nc`: connects standard input and output with a socket of the stack, over TCP or UDP, from either side.

import type { Command } from "commander";
import { serviceName } from "../inspect/services.ts";
import type { Stack } from "../stack.ts";
import { serveEcho } from "./echo.ts";
import { sentenceOf, UsageError } from "./errors.ts";
import { NcTalk } from "./nc-talk.ts";
import {
  addressArgument,
  addStackOptions,
  checkVersion,
  examples,
  portOrService,
  type StackOptions,
  seconds,
  wholeNumber,
} from "./options.ts";
import { startStack } from "./run-stack.ts";
import { untilSignal } from "./signals.ts";

export interface NcFlags extends StackOptions {
  listen?: boolean;
  udp?: boolean;
  keep?: boolean;
  scan?: boolean;
  verbose?: boolean;
  /** False: -d. */
  input: boolean;
  sourcePort?: number;
  source?: string;
  /** Seconds, as is `quit`. */
  wait?: number;
  quit?: number;
  ipv4?: boolean;
  ipv6?: boolean;
}

/** Whom to talk to, or where to wait; `ports` are several only in a scan. */
interface Place {
  address: string | undefined;
  ports: [first: number, last: number];
}

const SCAN_SECONDS = 3;

const HELP = `
What comes in on standard input goes to the other side, and what comes from there to standard
output. At the end of input our direction ends (half-close), and what the other side still sends is
printed until its own end; on a terminal the other side's end is the end of the command, too.

With -l the stack waits for one connection; with -k for one after another, and standard input goes
to the first. Over UDP every piece of input is a datagram, and nothing ever ends: -w and -q do, or
Ctrl-C. Exit code 1 when there was no connection, or it broke.

On a simulated cable the machine at the other end gives back what it gets (RFC 862).`;

export function registerNc(program: Command): void {
  const command = program
    .command("nc")
    .summary("send and receive by hand, over TCP or UDP")
    .description("Connects standard input and output with a socket: it calls, or with -l waits to be called.")
    .argument("[address]", "whom to call; with -l, which of the stack's addresses to wait at")
    .argument("[port]", "its port, or with -z several: 20-30")
    .option("-l, --listen", "wait for a connection instead of making one")
    .option("-u, --udp", "UDP instead of TCP")
    .option("-k, --keep", "with -l: wait again after each connection")
    .option("-z, --scan", "only see which ports are open, and send nothing")
    .option("-w, --wait <seconds>", "give up a connection attempt, or an idle connection, after so long", waitArgument)
    .option("-q, --quit <seconds>", "end so long after the end of input", quitArgument)
    .option("-p, --source-port <port>", "our own port (with -l: the one to wait at)", portOrService)
    .option("-s, --source <address>", "our own address", (text) => addressArgument("--source", text))
    .option("-d, --no-input", "do not read standard input")
    .option("-N", "end our direction at the end of input (it always does)")
    .option("-n", "addresses as numbers (they always are)")
    .option("-4, --ipv4", "wait for IPv4 only")
    .option("-6, --ipv6", "wait for IPv6 only")
    .option("-v, --verbose", "tell of connections on stderr");
  addStackOptions(command)
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble nc 10.0.0.1 25 --tap tap0 --address 10.0.0.2/24", "talk to a mail server by hand"],
        ["thimble nc -l 7000 --tap tap0 --address 10.0.0.2/24 > file", "take a file: nc -N 10.0.0.2 7000 < file"],
        ["echo hello | thimble nc 10.0.0.2 7 --wire sim", "a machine that echoes, on a simulated cable"],
        ["thimble nc -zv 10.0.0.1 20-25 --tap tap0 --address 10.0.0.2/24", "which of six ports are open"],
        ["thimble nc -u -l 5000 --tap tap0 --address 10.0.0.2/24", "print datagrams: nc -u 10.0.0.2 5000"],
        ["thimble nc -6l 80 --tap tap0 --address 2001:db8::2/64", "wait over IPv6 alone"],
      ]),
    )
    .action(run);
}

async function run(first: string | undefined, second: string | undefined, flags: NcFlags): Promise<void> {
  const place = placeOf(first, second, flags);
  const stopped = untilSignal();
  const target = flags.listen || place.address === undefined ? {} : { target: place.address };
  const running = await startStack("nc", flags, target);
  const talk = new NcTalk(flags, stopped);
  try {
    const [port] = place.ports;
    if (running.far && !flags.listen) await serveEcho(running.far, port);
    if (flags.scan) await scan(running.stack, place.address as string, place.ports, flags, talk);
    else if (flags.listen) await answer(running.stack, place.address, port, flags, talk);
    else await call(running.stack, place.address as string, port, flags, talk);
  } finally {
    talk.close();
    await running.close();
  }
}

async function call(stack: Stack, address: string, port: number, flags: NcFlags, talk: NcTalk): Promise<void> {
  const from = { ...given("localAddress", flags.source), ...given("localPort", flags.sourcePort) };
  if (flags.udp) {
    const socket = await stack.udp({ ...given("address", flags.source), ...given("port", flags.sourcePort) });
    socket.connect(address, port);
    return talk.datagrams(socket, { address, port });
  }
  const timeout = flags.wait === undefined ? {} : { timeout: flags.wait * 1000 };
  const connection = await talk.unlessStopped(stack.connect({ address, port, ...from, ...timeout }));
  if (connection === null) return;
  talk.tell(`Connection to ${address} ${port} port [tcp/${serviceName(port, "tcp") ?? "*"}] succeeded!`);
  talk.report({ event: "connected", address, port });
  await talk.stream(connection);
}

async function answer(
  stack: Stack,
  address: string | undefined,
  port: number,
  flags: NcFlags,
  talk: NcTalk,
): Promise<void> {
  const where = address ?? (flags.ipv6 ? ownOfVersion6(stack) : flags.ipv4 ? ownOfVersion4(stack) : undefined);
  const options = { port, ...given("address", where) };
  talk.tell(`Listening on ${where ?? "0.0.0.0"} ${port}`);
  talk.report({ event: "listening", address: where ?? "0.0.0.0", port });
  if (flags.udp) return talk.datagrams(await stack.udp(options), null);
  const listener = await stack.listen({ ...options, backlog: flags.keep ? 128 : 1 });
  do {
    const connection = await talk.unlessStopped(listener.accept());
    if (connection === null) return;
    // Whoever calls while somebody is being served is refused, as with any nc.
    if (!flags.keep) listener.close();
    const { remoteAddress, remotePort } = connection;
    talk.tell(`Connection received on ${remoteAddress} ${remotePort}`);
    talk.report({ event: "connected", address: remoteAddress, port: remotePort });
    await talk.stream(connection).catch((error: unknown) => {
      if (!flags.keep) throw error;
      talk.tell(sentenceOf(error));
    });
  } while (flags.keep && !talk.isStopped);
}

// A version alone can be waited for at an address of it.
function ownOfVersion6(stack: Stack): string {
  return ownAddress(stack, (address) => address.includes(":") && !/^(fe80|::1$)/.test(address), "IPv6");
}

function ownOfVersion4(stack: Stack): string {
  return ownAddress(stack, (address) => !address.includes(":") && !address.startsWith("127."), "IPv4");
}

function ownAddress(stack: Stack, fits: (address: string) => boolean, version: string): string {
  const found = stack.addresses().find(({ address, state }) => state !== "TENTATIVE" && fits(address));
  if (found) return found.address;
  throw new UsageError(`The stack has no ${version} address to wait at; give it one with --address.`);
}

async function scan(
  stack: Stack,
  address: string,
  [first, last]: [number, number],
  flags: NcFlags,
  talk: NcTalk,
): Promise<void> {
  const timeout = (flags.wait ?? SCAN_SECONDS) * 1000;
  let open = 0;
  for (let port = first; port <= last && !talk.isStopped; port++) {
    const service = serviceName(port, "tcp") ?? "*";
    try {
      const connection = await stack.connect({ address, port, timeout });
      await connection.close();
      open++;
      talk.tell(`Connection to ${address} ${port} port [tcp/${service}] succeeded!`);
      talk.report({ event: "open", address, port });
    } catch (error) {
      talk.tell(`${address} ${port} port [tcp/${service}]: ${sentenceOf(error)}`);
      talk.report({ event: "closed", address, port, error: sentenceOf(error) });
    }
  }
  if (open === 0) process.exitCode = 1;
}

function placeOf(first: string | undefined, second: string | undefined, flags: NcFlags): Place {
  const { listen, scan: isScan, keep, udp, source, sourcePort } = flags;
  if (keep && !listen) throw new UsageError("-k goes with -l: it waits for one connection after another.");
  if (isScan && (listen || udp)) throw new UsageError("-z tries to connect; it goes without -l and -u.");
  const place = listen ? listenPlace(first, second, sourcePort) : { address: first, port: second };
  if (place.port === undefined || (!listen && place.address === undefined)) {
    throw new UsageError(
      listen
        ? "Say which port to wait at, as in: nc -l 7000."
        : "Say whom to call and at which port, as in: nc 10.0.0.1 7.",
    );
  }
  const address =
    place.address === undefined ? (listen ? source : undefined) : addressArgument("ADDRESS", place.address);
  if (address !== undefined) checkVersion(address, flags);
  return { address, ports: portsOf(place.port, isScan ?? false) };
}

function listenPlace(first: string | undefined, second: string | undefined, port: number | undefined) {
  if (second !== undefined) return { address: first, port: second };
  return port === undefined ? { address: undefined, port: first } : { address: first, port: String(port) };
}

function portsOf(text: string, isScan: boolean): [number, number] {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined) {
    const port = portOrService(text);
    return [port, port];
  }
  if (!isScan) throw new UsageError(`PORT ${text}: several ports go with -z, which sees which of them are open.`);
  const rule = "a port is a number from 1 to 65535";
  const first = wholeNumber("PORT", from, 1, 65535, rule);
  return [first, wholeNumber("PORT", to, first, 65535, `${rule}, and the last is not below the first`)];
}

function waitArgument(text: string): number {
  return seconds("--wait", text, 0.001, 86_400);
}

function quitArgument(text: string): number {
  return seconds("--quit", text, 0, 86_400);
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
