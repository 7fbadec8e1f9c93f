// `thimble switch`: a learning switch between any wires, so that a TAP, other processes, QEMU's guests and browsers are on one network.

import type { Command } from "commander";
import { createCapture } from "../capture/file.ts";
import { Switch } from "../network/switch.ts";
import { realClock } from "../stack.ts";
import { captureWire } from "../wire/capture.ts";
import { openWire, parseWire } from "../wire/kinds.ts";
import type { Wire } from "../wire/wire.ts";
import { UsageError } from "./errors.ts";
import { examples } from "./options.ts";
import { untilSignal } from "./signals.ts";

interface SwitchFlags {
  pcap?: string;
  json?: boolean;
}

const HELP = `
A wire is written as for --wire (thimble --help), with whatever it does to frames behind: a bad
cable to one port is tap:tap0,loss=3%. The switch learns who is where. Ctrl-C ends it.`;

export function registerSwitch(program: Command): void {
  program
    .command("switch")
    .summary("join any wires by a learning switch")
    .description("Joins wires of any kind by a learning switch, until it is stopped.")
    .argument("<wires...>", "two or more: tap:tap0, hub:/tmp/hub, stream:/tmp/qemu, websocket:8080, ...")
    .option("--pcap <file>", "write all frames to a file, FILE.pcapng with the names of the wires")
    .option("--json", "print data instead of text")
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble switch tap:tap0 hub:/tmp/hub", "the kernel, and stacks with --wire hub:/tmp/hub"],
        ["thimble switch passt stream:/tmp/qemu websocket:8080", "the host's network for QEMU and for a browser's v86"],
      ]),
    )
    .action(run);
}

async function run(texts: string[], { pcap, json = false }: SwitchFlags): Promise<void> {
  if (texts.length < 2) throw new UsageError("A switch needs two wires or more.");
  for (const text of texts) {
    if (parseWire(text).kind === "sim")
      throw new UsageError("A simulated cable leads nowhere from here; name a wire that does.");
  }
  const stopped = untilSignal();
  const clock = realClock();
  const center = new Switch({ clock });
  const capture = pcap === undefined ? null : createCapture(pcap, { live: true });
  const wires: Wire[] = [];
  const release = clock.hold();
  try {
    for (const text of texts) {
      const { wire } = await openWire(text, { clock });
      wires.push(capture === null ? wire : captureWire(wire, capture, clock, { name: text }));
    }
    for (const wire of wires) center.plug(wire);
    const event = { event: "switching", wires: texts };
    process.stdout.write(json ? `${JSON.stringify(event)}\n` : `Switching between ${texts.join(", ")}. Ctrl-C ends.\n`);
    await stopped;
    const { received, sent, flooded } = center.stats;
    const end = { event: "stopped", ...center.stats };
    const words = `${received} frames came, ${sent} went out, ${flooded} of those that came to all.`;
    process.stdout.write(json ? `${JSON.stringify(end)}\n` : `${words}\n`);
  } finally {
    release();
    for (const wire of wires) wire.close();
    capture?.close();
  }
}
