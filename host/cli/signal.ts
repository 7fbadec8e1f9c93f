// `thimble signal`: what becomes of a frame on the cable, drawn.

import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { VirtualClock } from "../clock.ts";
import { summarize } from "../inspect/words.ts";
import { withFcs } from "../mac/fcs.ts";
import { drawSignal } from "../signal/draw.ts";
import { signalSvg } from "../signal/draw-svg.ts";
import { createLineCode, LINE_CODES } from "../signal/line.ts";
import type { Signal } from "../signal/line-code.ts";
import { createStack } from "../stack.ts";
import { createCable } from "../wire/cable.ts";
import { observeWire } from "../wire/observe.ts";
import { Failure, UsageError } from "./errors.ts";
import { examples, wholeNumber } from "./options.ts";
import { columns } from "./terminal.ts";

interface SignalFlags {
  code: string;
  part?: string;
  symbols: number;
  svg?: string;
  json?: boolean;
}

const DEFAULT_SYMBOLS = 400;
/** Two bytes for each are hexadecimal digits; a frame has its header at least. */
const HEADER_BYTES = 14;
const LONGEST = 9018;
const SHORTEST = 60;

const HELP = `
The adapter sends seven bytes of preamble, so that the receiver's clock falls into step, one byte
that says that the frame begins, the frame, and behind it the check sequence (FCS). Bits go lowest
first.
  10base-t     Manchester code: a step up in the middle of a bit is 1, a step down is 0
  100base-tx   4B5B groups, scrambled, then MLT-3: a 1 is a step to the next of the levels 0 + 0 -
  100base-fx   4B5B groups, then NRZI: a 1 is a change between dark and light
In 4B5B the marks of start and end stand in the first byte of the preamble, and behind the FCS.`;

export function registerSignal(program: Command): void {
  program
    .command("signal")
    .summary("draw a frame as the signal that it is on the cable")
    .description("Draws a frame as the levels that it becomes on the cable, or the light that it is in a fibre.")
    .argument("[hex]", "the frame without FCS, as hexadecimal digits (default: an ARP request)")
    .option("--code <name>", `line code: ${LINE_CODES.join(", ")}`, "10base-t")
    .option("--part <name>", 'where to begin: preamble, "start of frame", destination, source, type, data, FCS, end')
    .option("--symbols <number>", "how many symbols to draw", symbols, DEFAULT_SYMBOLS)
    .option("--svg <file>", "write the drawing to a file as a picture, too")
    .option("--json", "print all levels and parts as data instead")
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble signal", "an ARP request in Manchester code"],
        ["thimble signal --code 100base-tx --part FCS", "the end of a frame on three levels"],
        ["thimble signal --code 100base-fx --svg light.svg", "the same as light, as a picture"],
        ["thimble signal --json | head", "the waveform as data"],
      ]),
    )
    .action(run);
}

async function run(hex: string | undefined, flags: SignalFlags): Promise<void> {
  const code = createLineCode(flags.code);
  const frame = hex === undefined ? await exampleFrame() : frameOf(hex);
  const signal = code.encode(withFcs(frame));
  const { levels, parts, symbolsPerSecond } = signal;
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ code: code.name, symbolsPerSecond, parts, levels: [...levels] })}\n`);
    return;
  }
  const from = startOf(signal, flags.part);
  const to = Math.min(levels.length, from + flags.symbols);
  const micros = ((levels.length / symbolsPerSecond) * 1e6).toFixed(2);
  const nanos = Math.round(1e9 / symbolsPerSecond);
  process.stdout.write(`${summarize(frame)}\n${code.title}; ${levels.length} symbols of ${nanos} ns, ${micros} µs\n\n`);
  process.stdout.write(drawSignal(signal, from, to, columns()));
  if (flags.svg !== undefined) writePicture(flags.svg, signalSvg(signal, from, to));
}

function startOf({ parts }: Signal, name: string | undefined): number {
  if (name === undefined) return 0;
  const part = parts.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (part) return part.from;
  throw new UsageError(`--part ${name}: the signal has ${[...new Set(parts.map((each) => each.name))].join(", ")}.`);
}

function frameOf(hex: string): Uint8Array {
  const digits = hex.replace(/[\s:]/g, "");
  if (!/^([0-9a-f]{2})+$/i.test(digits) || digits.length < 2 * HEADER_BYTES || digits.length > 2 * LONGEST) {
    throw new UsageError(`A frame is ${HEADER_BYTES} to ${LONGEST} bytes in hexadecimal digits, two for each.`);
  }
  const bytes = Buffer.from(digits, "hex");
  const frame = new Uint8Array(Math.max(SHORTEST, bytes.length));
  frame.set(bytes);
  return frame;
}

/** The first frame of a machine that wants to reach another. */
async function exampleFrame(): Promise<Uint8Array> {
  const clock = new VirtualClock();
  let first: Uint8Array | null = null;
  const wire = observeWire(createCable({ clock }).left, (frame) => {
    first ??= frame.slice();
  });
  const stack = await createStack({ wires: [{ wire, address: "10.0.0.1/24" }], clock, seed: 1, profile: "tiny" });
  stack.ping("10.0.0.2").catch(() => undefined);
  clock.runUntil(clock.now() + 1);
  await stack.close({ linger: 0 });
  if (first === null) throw new Failure("The stack has sent no frame.");
  return first;
}

function writePicture(file: string, picture: string): void {
  try {
    writeFileSync(file, picture);
  } catch (error) {
    throw new Failure(`The picture cannot be written: ${(error as Error).message}`);
  }
}

function symbols(text: string): number {
  return wholeNumber("--symbols", text, 8, 100_000, "say how many symbols, from 8 to 100000");
}
