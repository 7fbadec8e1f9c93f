// What a profile gives for its bytes: throughput, connections, and goodput on bad wires.

import { SocketKind, SocketOption } from "../../../assembly/abi/sockets.ts";
import { Bus } from "../../../host/core/bus.ts";
import { Core } from "../../../host/core/core.ts";
import type { Controller } from "../goodput/conditions.ts";
import { transfer } from "../goodput/transfer.ts";
import { Pair } from "../pair.ts";
import { processorTime } from "../processor-time.ts";
import { median, spreadOf } from "../statistics.ts";
import { bulkTrial, SEGMENT_BYTES } from "../streams.ts";
import type { Design } from "./designs.ts";

/** Whatever the profile has when nothing is chosen. */
const DEFAULT: Controller = { name: "default", choice: null, isReno: false };

export const LOSSES = [0, 0.01, 0.05] as const;

export interface MemoryPlan {
  /** Runs of the throughput, and milliseconds of each. */
  readonly runs: number;
  readonly runMs: number;
  /** Of goodput: seeds, and seconds of virtual time for each. */
  readonly seeds: readonly number[];
  readonly seconds: number;
}

export interface MemoryRow {
  readonly design: Design;
  /** Bytes of RAM that the machine uses, all of it; and of wasm. */
  readonly ram: number;
  readonly wasmBytes: number;
  /** Largest window in bytes. */
  readonly window: number;
  /** Mbit/s of bulk between two such machines, as fast as this computer makes it; fastest run first. */
  readonly throughput: readonly number[];
  /** Connections that were open at once, with a message arriving in each; and the window that each had then. */
  readonly connections: number;
  readonly windowOfEach: number;
  /** Mbit/s in the median of the seeds, for each of LOSSES, at 20 ms there and back. */
  readonly goodput: readonly number[];
}

export async function measureDesign(design: Design, wasm: Buffer<ArrayBuffer>, plan: MemoryPlan): Promise<MemoryRow> {
  const module = await WebAssembly.compile(wasm);
  const { constants } = await Core.start(module, [1, 2, 3, 4], { bus: new Bus() });
  const goodput: number[] = [];
  for (const loss of LOSSES) goodput.push(await goodputOf(module, design, loss, plan));
  return {
    design,
    ram: constants.__heap_base ?? 0,
    wasmBytes: wasm.length,
    window: design.window * constants.MSS,
    throughput: await throughputOf(module, design, plan),
    connections: await connectionsOf(module, design),
    windowOfEach: shareOf(design) * constants.MSS,
    goodput,
  };
}

async function throughputOf(module: WebAssembly.Module, { window }: Design, plan: MemoryPlan): Promise<number[]> {
  const trial = bulkTrial(await Pair.create(module), window);
  let segments = 1000;
  // Time with a processor, where the system counts that: then it matters less what else the machine does.
  const clock = (): number => processorTime(process.pid) ?? performance.now() * 1e6;
  const timed = async (): Promise<number> => {
    const start = clock();
    await trial.run(segments);
    return clock() - start;
  };
  await timed();
  let taken = await timed();
  while (taken < (plan.runMs * 1e6) / 4) {
    segments *= 2;
    taken = await timed();
  }
  segments = Math.ceil((segments * plan.runMs * 1e6) / taken);
  const runs: number[] = [];
  for (let i = 0; i < plan.runs; i++) runs.push((segments * SEGMENT_BYTES * 8000) / (await timed()));
  return runs.sort((a, b) => b - a);
}

async function goodputOf(
  module: WebAssembly.Module,
  { window }: Design,
  loss: number,
  { seeds, seconds }: MemoryPlan,
): Promise<number> {
  const figures: number[] = [];
  for (const seed of seeds) {
    const { goodput } = await transfer(module, { controller: DEFAULT, window, loss, seconds }, seed);
    figures.push(goodput);
  }
  return spreadOf(figures).median;
}

const PORT = 7005;
const MESSAGE = 0x55;

/**
 * Segments of window for each when all connections are open. A window that was advertised is a promise of packets, and
 * each connection is to have one to send as well.
 */
function shareOf({ connections, packets, window }: Design): number {
  return Math.max(1, Math.min(window, Math.floor((packets - connections - 1) / connections)));
}

/** Opens all connections; counts those on which a byte arrives while the others are open. */
async function connectionsOf(module: WebAssembly.Module, design: Design): Promise<number> {
  const pair = await Pair.create(module);
  const { left, right } = pair;
  const listener = right.listen(PORT, 1);
  right.setOption(listener, SocketOption.RECEIVE_PACKETS, shareOf(design));
  const accepted: number[] = [];
  const opened: number[] = [];
  while (accepted.length < design.connections) {
    const near = left.socket(SocketKind.STREAM);
    left.setOption(near, SocketOption.RECEIVE_PACKETS, shareOf(design));
    left.connect(near, right, PORT);
    opened.push(near);
    pair.until(() => {
      const far = right.accept(listener);
      if (far >= 0) accepted.push(far);
      return far >= 0;
    }, "connection");
  }
  for (const near of opened) {
    if (left.sendRoom(near) === 0) continue;
    left.memory[left.pointer] = MESSAGE;
    left.sendCommit(near, 1);
    pair.turnLeft();
    pair.turnRight();
  }
  return accepted.filter((far) => right.recvPeek(far) === 1 && right.memory[right.pointer] === MESSAGE).length;
}

export function throughputMedian({ throughput }: MemoryRow): number {
  return median(throughput);
}
