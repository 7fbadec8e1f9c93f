// The works of the comparison by an application inside the module (wasm/works.ts): the host only lets the machines have
// their turns.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Application } from "../../../assembly/abi/applications.ts";
import { ROOT } from "../../../host/build/firmware.mjs";
import { compileApplication } from "../../../host/build/own-application.mjs";
import type { Trial } from "../benchmark.ts";
import type { Machine } from "../machine.ts";
import { type Pair, WINDOW_PACKETS } from "../pair.ts";
import { type Work, WorkKind } from "../peers/works.ts";

/** As wasm/works.ts numbers them. */
enum Operation {
  SERVE = 0,
  BEGIN = 1,
  DEMAND = 2,
  DONE = 3,
  NEXT = 4,
}

/** Turns of both machines in a row that may bring nothing. Time is virtual: longer than any retransmission takes. */
const PATIENCE = 1_000_000;
/** Turns of both in which a connection is opened, used and closed, and the peer's last ACK has come. */
const CONNECTION_TURNS = 4;

/** Linear memory: that of the profile, and what the works bring with them. */
const ROOM = 147 * 65536;

/** The node profile's module with the works inside. */
export async function compileWorks(): Promise<WebAssembly.Module> {
  const folder = mkdtempSync(join(tmpdir(), "thimble-bench-"));
  try {
    const output = join(folder, "works.wasm");
    const file = join(ROOT, "test/bench/inside/wasm/works.ts");
    await compileApplication({ file, profile: "node", output, changes: { LINEAR_BYTES: ROOM } });
    return await WebAssembly.compile(readFileSync(output));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `framesPerPoll`: of bulk, what a poll of the server takes in. */
export async function workTrial(pair: Pair, work: Work): Promise<Trial> {
  const { left: client, right: server } = pair;
  const packets = Math.min(work.packets, client.core.constants.TX_PACKETS_PER_TCB) || WINDOW_PACKETS;
  // So that both know each other's Ethernet address, for which only a few frames may wait.
  pair.connection(1);
  ask(server, Operation.SERVE, work.kind, work.bytes, packets);
  const address = client.core.putAddress(server.seenAs);
  ask(client, Operation.BEGIN, work.kind, work.bytes, packets, address);
  if (work.kind === WorkKind.BULK) {
    for (let turn = 0; turn < CONNECTION_TURNS; turn++) {
      pair.turnLeft();
      pair.turnRight();
    }
    pair.beginRation();
  }
  const judge = work.kind === WorkKind.BULK || work.kind === WorkKind.DATAGRAMS ? server : client;
  const each = work.kind === WorkKind.BULK ? work.bytes : 1;
  let target = 0;
  const run = (count: number): void => {
    target = (target + count * each) | 0;
    ask(client, Operation.DEMAND, count * each);
    if (work.kind === WorkKind.CONNECTIONS) openEach(pair, count, work.pause * 1000);
    else turnUntil(pair, work, () => ask(judge, Operation.DONE) === target);
    if (ask(judge, Operation.DONE) !== target) throw new Error("Not everything came to its end.");
  };
  const frames = () => ({ segments: client.mac.sent, acks: server.mac.sent });
  return work.kind === WorkKind.BULK ? { run, frames } : { run };
}

function ask(machine: Machine, operation: Operation, a = 0, b = 0, c = 0, d = 0): number {
  const answer = machine.exports.call(Application.OWN, operation, a, b, c, d);
  if (operation === Operation.DONE ? answer === -1 : answer < 0) throw new Error(`The works answered ${answer}.`);
  return answer;
}

function turnUntil(pair: Pair, work: Work, isDone: () => boolean): void {
  for (let turns = 0; !isDone(); turns++) {
    if (turns === PATIENCE) throw new Error("The works stand still.");
    if (work.kind === WorkKind.DATAGRAMS) ask(pair.left, Operation.NEXT);
    pair.turnLeft();
    pair.turnRight();
  }
}

function openEach(pair: Pair, count: number, pause: number): void {
  for (let i = 0; i < count; i++) {
    pair.left.core.putAddress(pair.right.seenAs); // where it was; others have been there
    ask(pair.left, Operation.NEXT);
    for (let turn = 0; turn < CONNECTION_TURNS; turn++) {
      pair.turnLeft();
      pair.turnRight();
    }
    pair.wait(pause);
  }
}
