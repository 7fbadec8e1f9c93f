// One run: two machines on a bad cable in virtual time, one of which sends all it can. The same conditions and seed
// give the same run on every computer.

import { Counter } from "../../../assembly/abi/counters.ts";
import { SocketKind, SocketOption } from "../../../assembly/abi/sockets.ts";
import { VirtualClock } from "../../../host/clock.ts";
import { statusOf } from "../../../host/status.ts";
import { type Cable, createCable } from "../../../host/wire/cable.ts";
import type { Machine } from "../machine.ts";
import { Payload } from "../payload.ts";
import { Reader, Writer } from "../stream-ends.ts";
import { type Controller, DELAY } from "./conditions.ts";
import { Progress, type Stalls } from "./stalls.ts";
import { Station } from "./station.ts";
import { type TimeoutCauses, TimeoutWatch } from "./timeouts.ts";

const PORT = 7003;
const PIECE_BYTES = 1460;
const SECOND = 1_000_000;
/** The longest that a handshake may take on a cable that loses SYNs, in microseconds. */
const HANDSHAKE_PATIENCE = 180 * SECOND;

export interface Conditions {
  readonly controller: Controller;
  /** Most segments on their way: room at the receiver and at the sender. */
  readonly window: number;
  /** Share of frames that is lost, in each direction. */
  readonly loss: number;
  /** Of sending, from the moment at which the sender's side of the connection is open. */
  readonly seconds: number;
}

/** What is counted in a run: by which side, and under which name there. */
const COUNTED = {
  /** Sent, those sent again and ACKs of the handshake included. */
  segments: ["sender", Counter.TcpOutSegs],
  retransmissions: ["sender", Counter.TcpRetransSegs],
  fastRecoveries: ["sender", Counter.TcpFastRetransmits],
  timeouts: ["sender", Counter.TcpTimeouts],
  /** Those of the time-outs that were found to have been needless (RFC 5682). */
  spuriousTimeouts: ["sender", Counter.TcpSpuriousTimeouts],
  /** Tail loss probes (RFC 8985). */
  lossProbes: ["sender", Counter.TcpLossProbes],
  /** Probes of a window that was shut, or whose opening was lost. */
  windowProbes: ["sender", Counter.TcpWindowProbes],
  duplicateAcks: ["sender", Counter.TcpDuplicateAcks],
  /** Brought the receiver only what it had acknowledged before. */
  needless: ["receiver", Counter.TcpInOldDuplicates],
} as const satisfies Record<string, readonly ["sender" | "receiver", Counter]>;

export type Counts = Record<keyof typeof COUNTED, number>;

/** What has happened in a run since the connection was open. */
export interface Outcome extends Counts, Stalls {
  readonly seed: number;
  /** Bytes that the receiving application has taken and compared; and what that is in Mbit/s. */
  readonly bytes: number;
  readonly goodput: number;
  /** Largest payload of a segment. */
  readonly segmentBytes: number;
  /** Frames that the cable has lost in each direction. */
  readonly lostSegments: number;
  readonly lostAcks: number;
  readonly timeoutCauses: TimeoutCauses;
}

/** Sends for as long as the conditions say. Throws when a byte arrives that was not sent, or no connection comes up. */
export async function transfer(module: WebAssembly.Module, conditions: Conditions, seed: number): Promise<Outcome> {
  const clock = new VirtualClock();
  const cable = createCable({ clock, delay: DELAY, loss: conditions.loss, seed });
  const sender = await Station.start(module, { clock, wire: cable.left, number: 1, seed });
  const receiver = await Station.start(module, { clock, wire: cable.right, number: 2, seed });
  const payload = new Payload(PIECE_BYTES);
  const progress = new Progress(clock);
  const reader = startReceiver(receiver, payload, conditions.window, () => progress.made());
  const fd = startSender(sender, receiver.machine, conditions);
  untilOpen(clock, sender.machine, fd);

  const before = countAll(sender.machine, receiver.machine, cable);
  const writer = new Writer(sender.machine, fd, payload);
  const timeouts = new TimeoutWatch(sender.machine, fd);
  sender.application = () => {
    timeouts.look();
    const written = writer.written;
    writer.writeUntil(Number.POSITIVE_INFINITY);
    return writer.written > written;
  };
  sender.wake();
  progress.begin();
  clock.runUntil(clock.now() + conditions.seconds * SECOND);

  const bytes = reader.received();
  return {
    seed,
    bytes,
    goodput: (bytes * 8) / 1e6 / conditions.seconds,
    segmentBytes: statusOf(sender.machine.core, fd)?.sndMss ?? 0,
    ...difference(before, countAll(sender.machine, receiver.machine, cable)),
    ...progress.end(),
    ...timeouts.end(),
  };
}

// Listens, accepts one connection and reads all that comes on it.
function startReceiver(
  station: Station,
  payload: Payload,
  window: number,
  onProgress: () => void,
): { received(): number } {
  const { machine } = station;
  const listener = machine.listen(PORT, 1);
  machine.setOption(listener, SocketOption.RECEIVE_PACKETS, window);
  let reader: Reader | null = null;
  station.application = () => {
    if (reader === null) {
      const fd = machine.accept(listener);
      if (fd < 0) return false;
      reader = new Reader(machine, fd, payload);
    }
    const received = reader.received;
    reader.read();
    if (reader.received === received) return false;
    onProgress();
    return true;
  };
  return { received: () => reader?.received ?? 0 };
}

function startSender(station: Station, peer: Machine, { window, controller }: Conditions): number {
  const { machine } = station;
  const fd = machine.socket(SocketKind.STREAM);
  machine.setOption(fd, SocketOption.SEND_PACKETS, window);
  if (controller.choice !== null) machine.setOption(fd, ...controller.choice);
  machine.connect(fd, peer, PORT);
  station.wake();
  return fd;
}

function untilOpen(clock: VirtualClock, machine: Machine, fd: number): void {
  while (statusOf(machine.core, fd)?.state !== "ESTABLISHED") {
    if (clock.now() > HANDSHAKE_PATIENCE || !clock.step()) throw new Error("The connection does not come up.");
  }
}

type Tally = Counts & Pick<Outcome, "lostSegments" | "lostAcks">;

function countAll(sender: Machine, receiver: Machine, cable: Cable): Tally {
  const machines = { sender, receiver };
  const counts = Object.entries(COUNTED).map(([name, [side, counter]]) => {
    const { core } = machines[side];
    return [name, core.u32[core.countersWord + counter]];
  });
  const lost = { lostSegments: cable.stats?.toRight.lost ?? 0, lostAcks: cable.stats?.toLeft.lost ?? 0 };
  return { ...(Object.fromEntries(counts) as Counts), ...lost };
}

function difference(before: Tally, after: Tally): Tally {
  const names = Object.keys(after) as (keyof Tally)[];
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as Tally;
}
