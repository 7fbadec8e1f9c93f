// The `thimble` command: finds the command that was asked for, and turns how it ended into an exit code.

import { Command, CommanderError } from "commander";
import { InputError } from "../errors.ts";
import { registerCapture } from "./capture.ts";
import { registerCompletion } from "./completion.ts";
import { registerDemo } from "./demo.ts";
import { registerDig } from "./dig.ts";
import { registerEcho } from "./echo.ts";
import { Failure, sentenceOf, UsageError } from "./errors.ts";
import { registerFleet } from "./fleet.ts";
import { registerGet } from "./get.ts";
import { registerArp, registerIfconfig, registerIp } from "./ip.ts";
import { registerIperf3 } from "./iperf3/command.ts";
import { registerLsof } from "./lsof.ts";
import { registerMemory } from "./memory.ts";
import { registerNc } from "./nc.ts";
import { registerNetstat } from "./netstat.ts";
import { HELP_WIDTH } from "./options.ts";
import { registerPing } from "./ping.ts";
import { recordRuns } from "./record.ts";
import { registerReplay } from "./replay.ts";
import { registerServe } from "./serve.ts";
import { registerSignal } from "./signal.ts";
import { registerSs } from "./ss.ts";
import { registerSwitch } from "./switch.ts";
import { registerTracepath } from "./tracepath.ts";
import { VERSION } from "./version.ts";

const INTRODUCTION = `A TCP/IP stack in one WebAssembly module with a fixed block of memory, and what it can do.

Start with "thimble demo": two machines on a simulated cable, no rights and no set-up needed. The
other commands put a stack of your own on a wire, beside the one of your operating system.`;

const GUIDE = `
A wire is what the machine's Ethernet adapter is plugged into:
  tap:NAME                          a TAP device of Linux: your kernel is the neighbor
  tap:NAME,loss=3%,delay=20ms       the same behind a bad cable
  passt                             your computer's own network, without rights (Debian: passt)
  stream:PATH, dgram:PORT/PORT      a Unix socket, or UDP: QEMU's -netdev stream, and dgram
  hub:PATH                          a hub for any number of processes at a Unix socket
                                    (stream and hub: HOST:PORT in place of a path is TCP)
  vxlan:HOST/NUMBER                 a VXLAN to another computer, such as a port of its Linux bridge
  websocket:PORT, websocket:URL     a relay for browsers (v86) to connect to, or somebody's
  sim[:loss=3%,delay=20ms,...]      a simulated cable with a second machine at its other end

A TAP device that you may open, once, as root:
  ip tuntap add tap0 mode tap user $USER; ip addr add 10.0.0.1/24 dev tap0; ip link set tap0 up

Wherever an address stands, both versions of IP do: 10.0.0.2, 2001:db8::2, in URLs [2001:db8::2]. An
address for the link alone, fe80::2 or fe80::2%0, means the link of the stack's one adapter. IPv6
addresses are claimed before they are used, which takes a second or two.

Exit codes: 0 done, 1 it did not work, 2 the command line makes no sense.`;

function buildProgram(): Command {
  const program = new Command("thimble")
    .description(INTRODUCTION)
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false, helpWidth: HELP_WIDTH })
    .configureOutput({ writeErr: () => {} })
    .exitOverride()
    .addHelpText("after", GUIDE);
  registerDemo(program);
  registerServe(program);
  registerEcho(program);
  registerGet(program);
  registerDig(program);
  registerPing(program);
  registerTracepath(program);
  registerNc(program);
  registerIperf3(program);
  registerCapture(program);
  registerNetstat(program);
  registerSs(program);
  registerLsof(program);
  registerIp(program);
  registerIfconfig(program);
  registerArp(program);
  registerMemory(program);
  registerSwitch(program);
  registerFleet(program);
  registerReplay(program);
  registerSignal(program);
  recordRuns(program);
  registerCompletion(program);
  return program;
}

/** Runs one command line (without node and script) and resolves to its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const program = buildProgram();
  try {
    if (argv.length === 0) {
      program.outputHelp();
      return 0;
    }
    await program.parseAsync(argv, { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return complain(error, commandOf(program, argv));
  }
}

function complain(error: unknown, command: string): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  if (error instanceof CommanderError) {
    const message = sentenceOf(error)
      .replace(/^error: /, "")
      .replace(/\.$/, "");
    process.stderr.write(`${command}: ${message}; see ${command} --help.\n`);
    return 2;
  }
  process.stderr.write(`${command}: ${sentenceOf(error)}\n`);
  if (error instanceof UsageError || error instanceof Failure) return error.exitCode;
  if (error instanceof InputError) return error.code.startsWith("ERR_") ? 2 : 1;
  // Errors of the stack and of the system have a code and a sentence; what has none is a mistake in this program.
  const isExpected = error instanceof Error && typeof (error as NodeJS.ErrnoException).code === "string";
  if (!isExpected && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return 1;
}

function commandOf(program: Command, argv: readonly string[]): string {
  const command = program.commands.find((known) => known.name() === argv[0]);
  return command ? `thimble ${command.name()}` : "thimble";
}

// A reader that has enough (`thimble demo | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
