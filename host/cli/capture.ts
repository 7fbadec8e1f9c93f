// `thimble capture`: the frames of a stack that runs in another terminal, as lines, as data, or as pcapng for Wireshark.

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { Command } from "commander";
import { type LiveBlock, LiveReader } from "../capture/live-reader.ts";
import { dissect } from "../inspect/dissect.ts";
import { parseFilter } from "../inspect/frame-filter.ts";
import { protocolText } from "../inspect/protocol-names.ts";
import { summarize } from "../inspect/words.ts";
import { chooseStack } from "./choose-stack.ts";
import { askForStream } from "./control.ts";
import { Failure, sentenceOf, UsageError } from "./errors.ts";
import { examples, wholeNumber } from "./options.ts";
import { untilSignal } from "./signals.ts";
import { addViewerOptions, type ViewerFlags } from "./viewer.ts";

interface CaptureFlags extends ViewerFlags {
  write?: string;
  count?: number;
  quiet?: boolean;
}

const HELP = `
Without -w every frame is a line: when, through which adapter, In or Out, and what it is. With -w
the frames go to a file in the format pcapng, which has adapters and directions, too; "-w -" is
standard output, for a pipe. Ctrl-C, or the end of the stack, ends the capture.

A filter is made of arp, ip, ip6, tcp, udp, icmp, icmp6, host ADDRESS, net ADDRESS/BITS and port
NUMBER (before the last three src or dst), with and, or, not and parentheses, as tcpdump has it.`;

export function registerCapture(program: Command): void {
  const command = program
    .command("capture")
    .summary("watch the frames of a running stack, or write them for Wireshark")
    .description("Shows the frames that a stack in another terminal sends and receives, or writes them to a file.")
    .argument("[filter...]", "which frames, as in: tcp port 80")
    .option("-w, --write <file>", "write frames to a file, or with - to standard output, as pcapng")
    .option("-c, --count <number>", "stop after so many frames", countArgument)
    .option("-q, --quiet", "no count of frames at the end");
  addViewerOptions(command)
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble capture", "everything, a line for each frame"],
        ["thimble capture tcp port 80 and not host 10.0.0.9", "some of it"],
        ["thimble capture -c 100 -w frames.pcapng", "a hundred frames into a file"],
        ["thimble capture -w - | wireshark -k -i -", "live in Wireshark"],
        ["thimble capture -w - tcp | tshark -r - -V", "in words of Wireshark's"],
      ]),
    )
    .action(run);
}

async function run(words: string[], flags: CaptureFlags): Promise<void> {
  const filter = filterText(words);
  if (flags.write !== undefined && flags.json) throw new UsageError("-w writes pcapng; give it without --json.");
  const stopped = untilSignal();
  const { path, card } = await chooseStack(flags.stack);
  const stream = await askForStream(path, { ask: "capture", filter });
  const file = flags.write === undefined ? null : await openOutput(flags.write);
  if (file === null && !flags.json && !flags.quiet) {
    const what = filter === "" ? "all frames" : `frames that fit "${filter}"`;
    process.stderr.write(`Listening to ${what} of ${card.name} (${card.wire}). Ctrl-C ends.\n`);
  }
  void stopped.then(() => stream.destroy());
  const print =
    file === null ? (block: LiveBlock) => printFrame(block, flags) : (block: LiveBlock) => write(file, block);
  const frames = await readAll(stream, print, flags.count ?? Number.POSITIVE_INFINITY);
  if (file !== null && file !== process.stdout) await finished(file.end());
  if (!flags.quiet) process.stderr.write(`${frames} ${frames === 1 ? "frame" : "frames"} captured\n`);
}

async function readAll(stream: Socket, print: (block: LiveBlock) => Promise<void>, most: number): Promise<number> {
  const reader = new LiveReader();
  let frames = 0;
  try {
    for await (const piece of stream) {
      for (const block of reader.read(piece as Buffer)) {
        await print(block);
        if (block.frame && ++frames >= most) return frames;
      }
    }
  } catch (error) {
    // Ctrl-C takes the stream away in the midst of a read.
    if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  } finally {
    stream.destroy();
  }
  return frames;
}

async function printFrame({ frame }: LiveBlock, { json }: CaptureFlags): Promise<void> {
  if (!frame) return;
  await put(process.stdout, `${json ? frameJson(frame) : frameLine(frame)}\n`);
}

async function write(file: Writable, { bytes }: LiveBlock): Promise<void> {
  await put(file, bytes);
}

async function put(to: Writable, data: string | Uint8Array): Promise<void> {
  if (!to.write(data)) await once(to, "drain");
}

type Frame = NonNullable<LiveBlock["frame"]>;

// "12:30:01.000125 eth0 Out 10.0.0.2:80 > 10.0.0.1:40000: ..."
function frameLine({ interfaceName, time, direction, bytes, comments = [] }: Frame): string {
  const clock = `${new Date(time / 1000).toLocaleTimeString("en-GB")}.${String(time % 1e6).padStart(6, "0")}`;
  const remarks = comments.map((comment) => `${comment}\n`).join("");
  return `${remarks}${clock} ${interfaceName} ${direction === "out" ? "Out" : "In "} ${summarize(bytes)}`;
}

function frameJson({ interfaceName, time, direction, bytes, comments }: Frame): string {
  const { ip, ports } = dissect(bytes);
  const ends = ip ? { source: ip.source, destination: ip.destination, protocol: protocolText(ip.protocol) } : {};
  const numbers = ports ? { sourcePort: ports.source, destinationPort: ports.destination } : {};
  const head = { time: new Date(time / 1000).toISOString(), micros: time, adapter: interfaceName, direction };
  return JSON.stringify({ ...head, bytes: bytes.length, ...ends, ...numbers, summary: summarize(bytes), comments });
}

function countArgument(text: string): number {
  return wholeNumber("--count", text, 1, 1e9, "say how many frames, 1 or more");
}

function filterText(words: readonly string[]): string {
  const text = words.join(" ");
  try {
    parseFilter(text);
  } catch (error) {
    throw new UsageError(sentenceOf(error));
  }
  return text;
}

function openOutput(path: string): Promise<Writable> {
  if (path === "-" && process.stdout.isTTY) {
    throw new UsageError(
      "-w - writes bytes that are not for a terminal; pipe them into wireshark -k -i -, or give a file.",
    );
  }
  if (path === "-") return Promise.resolve(process.stdout);
  return new Promise((resolve, reject) => {
    const file = createWriteStream(path);
    file.once("open", () => resolve(file));
    file.once("error", (error) => reject(new Failure(`${path} cannot be written: ${sentenceOf(error)}.`)));
  });
}
