// The sockets of a stack beside Node's own, in turn.

import { createStack } from "../../../host/stack.ts";
import { createCable } from "../../../host/wire/cable.ts";
import { nanoseconds, operationsFor, type Trial } from "../benchmark.ts";
import { NODE_SOCKETS } from "../peers/node-net.ts";
import { type Spread, spreadOf } from "../statistics.ts";
import { bulkTrial, connectionTrial, PIECE_BYTES, roundTripTrial, type Sockets } from "./trials.ts";

const MESSAGE_BYTES = 64;

export interface Work {
  readonly name: string;
  /** What one operation is. */
  readonly title: string;
  /** Payload of an operation, where Mbit/s say more than operations per second. */
  readonly payloadBytes?: number;
  /** How many times as fast as Node's own sockets a stack's are to be, at least. */
  readonly least: number;
  prepare(sockets: Sockets): Promise<Trial>;
}

export const WORKS: readonly Work[] = [
  { name: "bulk", title: "TCP one way", payloadBytes: PIECE_BYTES, least: 0.5, prepare: bulkTrial },
  {
    name: "round-trips",
    title: `${MESSAGE_BYTES} bytes to the other end and back`,
    least: 2,
    prepare: (sockets) => roundTripTrial(sockets, MESSAGE_BYTES),
  },
  {
    name: "connections",
    title: "open, 1 byte each way, close by the client",
    least: 5,
    prepare: connectionTrial,
  },
];

export interface Result {
  readonly work: Work;
  /** Nanoseconds for an operation: of a stack's sockets, and of Node's own. */
  readonly ours: Spread;
  readonly theirs: Spread;
  /** How many times as fast ours were, in runs side by side. */
  readonly ratio: Spread;
}

export interface Plan {
  readonly runs: number;
  /** About how long each run is to take, in milliseconds. */
  readonly runMs: number;
}

/** `say` is told what is being done. */
export async function measureSockets(
  module: WebAssembly.Module,
  works: readonly Work[],
  { runs, runMs }: Plan,
  say: (what: string) => void,
): Promise<Result[]> {
  const { sockets, end } = await startStacks(module);
  const results: Result[] = [];
  try {
    for (const work of works) {
      say(`${work.name}: preparing`);
      const entries = [await prepare(work, sockets, runMs), await prepare(work, NODE_SOCKETS, runMs)];
      for (let run = 0; run < runs; run++) {
        say(`${work.name}: run ${run + 1} of ${runs}`);
        for (const { trial, operations, times } of entries) times.push(await nanoseconds(trial, operations));
      }
      for (const { trial } of entries) await trial.end?.();
      const [ours, theirs] = entries.map(({ times }) => times);
      const ratio = spreadOf(ours.map((time, run) => theirs[run] / time));
      results.push({ work, ours: spreadOf(ours), theirs: spreadOf(theirs), ratio });
    }
  } finally {
    await end();
  }
  return results;
}

/** Two stacks on a cable, in real time. */
async function startStacks(module: WebAssembly.Module): Promise<{ sockets: Sockets; end: () => Promise<void> }> {
  const [left, right] = createCable();
  const near = await createStack({ wires: [{ wire: left, address: "10.0.0.1/24", claim: false }], wasm: module });
  const far = await createStack({ wires: [{ wire: right, address: "10.0.0.2/24", claim: false }], wasm: module });
  const end = async (): Promise<void> => {
    await Promise.all([near.close({ linger: 0 }), far.close({ linger: 0 })]);
  };
  return { sockets: { near: near.net, far: far.net, addresses: ["10.0.0.2"] }, end };
}

async function prepare(work: Work, sockets: Sockets, runMs: number) {
  const trial = await work.prepare(sockets);
  const operations = await operationsFor(runMs * 1e6, async (count) => (await nanoseconds(trial, count)) * count);
  return { trial, operations, times: [] as number[] };
}
