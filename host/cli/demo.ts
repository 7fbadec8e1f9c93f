// `thimble demo`: two machines talk on a simulated cable; the conversation is drawn as a ladder, with netstat of both
// sides before, during and after.

import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { drawLadder, type LadderMachine, ladderRows, millis } from "../inspect/ladder.ts";
import { ladderSvg } from "../inspect/ladder-svg.ts";
import { type SocketRow, socketsText } from "../inspect/netstat.ts";
import type { Impairments } from "../wire/impair.ts";
import { parseWire } from "../wire/kinds.ts";
import { Failure, UsageError } from "./errors.ts";
import { addOutputOptions, examples, type StackOptions } from "./options.ts";
import { type Colors, colorsFor, columns, ladderPaint } from "./terminal.ts";
import { CLIENT, type DemoMachine, type DemoRun, playDemo, SERVER, type Snapshot } from "./two-machines.ts";

interface DemoFlags extends StackOptions {
  ascii?: boolean;
  svg?: string;
}

const DEFAULT_SEED = 1;
// Slow enough that one sees on which side something happened first.
const DEFAULT_CABLE: Impairments = { delay: 10_000, rate: 10e6 };

const MACHINES: readonly [LadderMachine, LadderMachine] = [
  { name: CLIENT.name, address: CLIENT.address, state: "CLOSED" },
  { name: SERVER.name, address: SERVER.address, state: "LISTEN" },
];

const HELP = `
How to read the ladder: time runs down, each arrow is one Ethernet frame. The times on the left are
the client's clock, those on the right the server's: when it sent the frame, or when the frame
reached it. Beside them stands the state of the socket where it changes. Sequence numbers count from
0, as each side chose its first one at random. Everything runs in virtual time, so the same seed
gives the same run.`;

export function registerDemo(program: Command): void {
  const command = program
    .command("demo")
    .summary("watch two machines talk on a simulated cable")
    .description(
      "Two machines on a simulated cable: one serves a page, the other fetches it. Needs no rights, no set-up.",
    )
    .option("--wire <kind>", "what the cable does to frames: sim[:loss=10%,delay=20ms,...]", "sim")
    .option("--ascii", "draw with ASCII characters only")
    .option("--svg <file>", "write the ladder to a file as a picture, too");
  addOutputOptions(command)
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble demo", "a good cable"],
        ["thimble demo --wire sim:loss=10% --seed 7", "frames get lost: watch them being sent again"],
        ["thimble demo --wire sim:reorder=30%,duplicate=10%", "frames overtake each other, and come twice"],
        ["thimble demo --wire sim:corrupt=20%", "frames are damaged, and dropped by the adapter"],
        ["thimble demo --profile tiny", "both machines in 24 KB of memory"],
        ["thimble demo --pcap demo.pcap", "the same for Wireshark"],
        ["thimble demo --svg demo.svg", "the ladder as a picture"],
        ["thimble demo | less -R", "FORCE_COLOR=1 keeps the colours"],
      ]),
    )
    .action(run);
}

async function run(flags: DemoFlags): Promise<void> {
  const spec = parseWire(flags.wire ?? "sim");
  if (spec.kind !== "sim") {
    throw new UsageError("The demo brings both machines along, so its wire is a simulated one: --wire sim[:...].");
  }
  const seed = flags.seed ?? DEFAULT_SEED;
  const impairments = { ...DEFAULT_CABLE, seed, ...spec.impairments };
  const { profile, pcap } = flags;
  const demo = await playDemo({ impairments, seed, profile, ...(pcap === undefined ? {} : { pcap }) });
  const colors = colorsFor(process.stdout);
  process.stdout.write(flags.json ? asJson(demo, impairments, seed) : asText(demo, impairments, seed, flags, colors));
  if (flags.svg !== undefined) writePicture(flags.svg, demo);
  if (demo.error !== null) throw new Failure(`The client did not get its page: ${demo.error}`);
}

function writePicture(file: string, demo: DemoRun): void {
  try {
    writeFileSync(file, ladderSvg(MACHINES, demo.events));
  } catch (error) {
    throw new Failure(`The picture cannot be written: ${(error as Error).message}`);
  }
}

function asText(demo: DemoRun, cable: Impairments, seed: number, flags: DemoFlags, colors: Colors): string {
  const title = (text: string): string => `\n${colors.bold(text)}\n\n`;
  const during = demo.during && [title(`2. During, at ${millis(demo.during.time)} ms`), tables(demo.during, colors)];
  return [
    `\n${colors.bold("Two machines on a simulated cable")} (${cableText(cable)}; seed ${seed})\n`,
    introduction(demo),
    title("1. Before"),
    tables(demo.before, colors),
    title("The conversation"),
    drawLadder(MACHINES, demo.events, {
      width: columns(),
      paint: ladderPaint(colors),
      ascii: flags.ascii ?? false,
    }),
    ...(during ?? []),
    title(`3. After, at ${millis(demo.after.time)} ms`),
    tables(demo.after, colors),
    `\n${laterText(demo)}`,
    outcomeText(demo, colors),
    colors.dim("\nAnother run: thimble demo --wire sim:loss=10% --seed 7      What else there is: thimble --help\n"),
  ].join("");
}

function introduction({ ping }: DemoRun): string {
  const page = `asks for http://${SERVER.address}/.\n`;
  if (!ping) return `The server waits for connections on port 80. The client opens one and ${page}`;
  return `The client looks over IPv6 whether ${ping.address} is there, then opens a connection over IPv4 and\n${page}`;
}

function tables(snapshot: Snapshot, colors: Colors): string {
  const texts = [CLIENT, SERVER].map((machine) => {
    const rows: SocketRow[] = machine === CLIENT ? snapshot.client : snapshot.server;
    return `${colors.cyan(`${machine.name}$`)} netstat -ano\n${tableOf(rows, machine, colors)}`;
  });
  return texts.join("\n");
}

function tableOf(rows: readonly SocketRow[], { program }: DemoMachine, colors: Colors): string {
  if (rows.length === 0) return colors.dim("(no sockets)\n");
  const ownerName = (owner: number): string => (owner === 0 ? "-" : `${owner}/${program}`);
  const lines = socketsText(rows, { all: true, numeric: true, owner: true, ownerName }).split("\n");
  // The heading that netstat begins with would be the same six times.
  const [, titles = "", ...sockets] = lines;
  return [colors.dim(titles), ...sockets].join("\n");
}

function laterText({ after, later }: DemoRun): string {
  const waiting = [...after.client, ...after.server].some(({ state }) => state === "TIME_WAIT");
  if (!waiting) return "";
  const seconds = Math.round((later.time - after.time) / 1e6);
  return `${seconds} seconds later TIME_WAIT is over, too: only the server's listener is left.\n`;
}

function outcomeText(demo: DemoRun, colors: Colors): string {
  const rows = ladderRows(demo.events).filter((row) => "marks" in row);
  const lost = rows.filter(({ arrivals }) => arrivals.length === 0).length;
  const again = rows.filter(({ marks }) => marks.includes("sent again")).length;
  const frames = `${pingText(demo)}${rows.length} frames on the cable, ${lost} of them lost, ${again} sent again.\n`;
  if (!demo.page) return `${colors.red(`The client did not get its page: ${demo.error}`)}\n${frames}`;
  const { status, bytes, intact, micros } = demo.page;
  const quality = intact ? "byte for byte what the server has" : "not what the server has";
  return `${colors.green(`${status} OK`)}: ${bytes} bytes in ${millis(micros)} ms, ${quality}.\n${frames}`;
}

function pingText({ ping }: DemoRun): string {
  if (!ping) return "";
  return ping.micros === null
    ? `No echo reply from ${ping.address}.\n`
    : `Echo reply from ${ping.address} after ${millis(ping.micros)} ms.\n`;
}

function cableText({ delay = 0, rate = 0, ...rest }: Impairments): string {
  const parts = [`${millis(delay).replace(/\.?0+$/, "")} ms each way`];
  if (rate > 0) parts.push(`${rate / 1e6} Mbit/s`);
  const shares = {
    loss: "lost",
    duplicate: "doubled",
    reorder: "held back",
    corrupt: "damaged",
    flipThrough: "flipped",
  };
  for (const [key, word] of Object.entries(shares)) {
    const share = rest[key as keyof typeof shares] ?? 0;
    if (share > 0) parts.push(`${Math.round(share * 1000) / 10} % ${word}`);
  }
  return parts.join(", ");
}

function asJson(demo: DemoRun, cable: Impairments, seed: number): string {
  const { start, before, during, after, later, ping, page, error, counters } = demo;
  const ladder = ladderRows(demo.events);
  const machines = [CLIENT, SERVER];
  const netstat = { before, during, after, later };
  return `${JSON.stringify({ seed, start, cable, machines, netstat, ladder, ping, page, error, counters }, null, 2)}\n`;
}
