// Runs an exchange of ends.ts between the kernel and a Thimble, and tells what both say of it.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Closed, EndEvent, EndOrder, Exchanged, StackOrder } from "./ends.ts";
import { KERNEL, type Network, STACK, STACK_MAC, TAP } from "./network.ts";

export interface ExchangeOptions {
  /** Who connects; the other one listens. */
  asker: "kernel" | "thimble";
  file: string;
  /** Of the wire, as the command line has them: ",loss=1%". */
  impairments: string;
  /** Thimble asks for explicit congestion notification. */
  ecn: boolean;
}

export interface ExchangeOutcome {
  /** What each end has received from the other. */
  kernel: Exchanged;
  thimble: Exchanged;
  /** Words in which `ss -tio` describes the kernel's end after the exchange. */
  words: string[];
  /** What the stack has counted. */
  counters: Record<string, number>;
}

export async function runExchange(network: Network, options: ExchangeOptions): Promise<ExchangeOutcome> {
  const { asker, file, ecn } = options;
  const stackOrder: StackOrder = {
    connects: asker === "thimble",
    file,
    wire: `tap:${TAP}${options.impairments}`,
    address: `${STACK}/24`,
    mac: STACK_MAC,
    pcap: network.newCapture(),
    peer: KERNEL,
    ecn,
  };
  const kernelOrder: EndOrder = { connects: asker === "kernel", file };
  const start = (which: "kernel" | "thimble"): End =>
    which === "kernel"
      ? new End(network.script("kernel-end.ts", kernelOrder))
      : new End(network.script("stack-end.ts", stackOrder));
  const listener = start(asker === "kernel" ? "thimble" : "kernel");
  await listener.until("listening");
  if (asker === "kernel") assert.ok(await network.untilStackAnswers(), "the stack does not answer");
  const connector = start(asker);
  const [kernelEnd, stackEnd] = asker === "kernel" ? [connector, listener] : [listener, connector];
  const [kernel, thimble] = await Promise.all([kernelEnd.until("exchanged"), stackEnd.until("exchanged")]);
  const words = await describeOpenConnection(network);
  for (const end of [kernelEnd, stackEnd]) end.finish();
  const [{ counters }] = await Promise.all([stackEnd.until("closed"), kernelEnd.until("closed")]);
  return { kernel, thimble, words, counters };
}

async function describeOpenConnection(network: Network): Promise<string[]> {
  const { stdout, stderr } = await network.run("ss", ["-tinoHO", "state", "established"]);
  const lines = stdout.toString().trim().split("\n");
  assert.equal(lines.length, 1, `one connection is open: ${stdout}${stderr}`);
  return lines[0].trim().split(/\s+/);
}

/** One of the two programs. */
class End {
  readonly #child: ChildProcess;
  readonly #events: EndEvent[] = [];
  #said = "";
  #ended = false;
  #onChange: () => void = () => {};

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on("data", (chunk) => (this.#said += chunk));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on("line", (line) => {
      this.#events.push(JSON.parse(line) as EndEvent);
      this.#onChange();
    });
    child.on("close", () => {
      this.#ended = true;
      this.#onChange();
    });
  }

  /** The event with that name, now or when it comes. Rejects with what the program said when it ends without. */
  async until(name: "listening"): Promise<EndEvent>;
  async until(name: "exchanged"): Promise<Exchanged>;
  async until(name: "closed"): Promise<Closed>;
  async until(name: EndEvent["event"]): Promise<EndEvent> {
    for (;;) {
      const found = this.#events.find(({ event }) => event === name);
      if (found) return found;
      if (this.#ended) throw new Error(`a program ended before it was "${name}"; it said:\n${this.#said}`);
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
  }

  /** Lets it close its connection. */
  finish(): void {
    this.#child.stdin?.end();
  }
}
