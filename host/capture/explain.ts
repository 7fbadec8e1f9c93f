// Comments for a capture: after each turn of a stack, why it dropped what came, and which connections changed their state.

import { Counter } from "../../assembly/abi/counters.ts";
import type { Core } from "../core/core.ts";
import type { SocketStatus } from "../status.ts";
import type { CaptureWriter } from "./frames.ts";
import { REASONS } from "./reasons.ts";

/** What is watched: a Stack is one. */
export interface Explained {
  readonly core: Core;
  sockets(): SocketStatus[];
}

/**
 * Writes into the comments of interface `index` what `stack` does with the frames there. Returns the function that ends it.
 * It looks at every counter and socket after every turn, which costs more than the turn.
 */
export function explainStack(stack: Explained, writer: CaptureWriter, index: number): () => void {
  const { core } = stack;
  const poll = core.poll;
  let counts = countsOf(core);
  let states = statesOf(stack);
  core.poll = (now) => {
    const delay = poll.call(core, now);
    const [countsNow, statesNow] = [countsOf(core), statesOf(stack)];
    for (const [i, [, reason]] of REASONS.entries()) {
      if (countsNow[i] !== counts[i]) writer.comment(index, reason);
    }
    for (const text of changes(states, statesNow)) writer.comment(index, text);
    counts = countsNow;
    states = statesNow;
    return delay;
  };
  return () => {
    core.poll = poll;
  };
}

function countsOf(core: Core): number[] {
  return REASONS.map(([name]) => (Counter[name] < core.counters ? core.u32[core.countersWord + Counter[name]] : 0));
}

/** The state of each connection by its two ends, and of each listener. */
function statesOf(stack: Explained): Map<string, string> {
  const tcp = stack.sockets().filter(({ kind, state }) => kind === "tcp" && state !== "CLOSED");
  return new Map(tcp.map((row) => [endsOf(row), row.state.replaceAll("_", "-")]));
}

function endsOf({ localAddress, localPort, remoteAddress, remotePort }: SocketStatus): string {
  return `${endpoint(localAddress, localPort)} - ${endpoint(remoteAddress, remotePort)}`;
}

function endpoint(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const texts: string[] = [];
  for (const [ends, state] of after) {
    const old = before.get(ends) ?? "CLOSED";
    if (old !== state) texts.push(`${ends}: ${old} -> ${state}`);
  }
  for (const [ends, state] of before) {
    if (!after.has(ends)) texts.push(`${ends}: ${state} -> CLOSED`);
  }
  return texts;
}
