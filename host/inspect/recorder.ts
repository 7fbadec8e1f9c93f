// Writes down a conversation as it happens: every frame that two machines put on their cable, when it arrived, what
// the cable did to it, and the states of the machines' sockets. What it gives is what the ladder draws.

import type { Clock } from "../clock.ts";
import type { Cable } from "../wire/cable.ts";
import type { ImpairmentStats } from "../wire/impair.ts";
import type { Wire } from "../wire/wire.ts";
import { WrappingWire } from "../wire/wrapping.ts";
import { dissect } from "./dissect.ts";
import type { Dissection } from "./dissection.ts";
import type { LadderEvent, LadderFrame } from "./ladder.ts";
import type { SocketRow } from "./netstat.ts";
import { ACK, SYN } from "./tcp-header.ts";

const FCS_BYTES = 4;

/** A frame under observation. */
interface Sighting extends LadderFrame {
  arrivals: number[];
  /** How many more times it may arrive. */
  expected: number;
  altered: boolean;
  contents: Dissection;
}

/** The last frame that a machine has sent or received, when, and which end of the frame that was. */
interface Touch {
  time: number;
  sighting: Sighting;
  end: "fromState" | "toState";
}

export class Recorder {
  readonly #clock: Clock;
  readonly #cable: Cable;
  readonly #names: readonly [string, string];
  /** The last state known of each connection at each machine. */
  readonly #states = new Map<string, string>();
  #events: (Sighting | { time: number; remark: string })[] = [];
  #underWay: Sighting[] = [];
  /** The moment that counts as 0. */
  #start = 0;
  readonly #touched = new Map<string, Touch>();

  /** `names` are those of the machines at the cable's left and right end. */
  constructor(clock: Clock, cable: Cable, names: readonly [string, string]) {
    this.#clock = clock;
    this.#cable = cable;
    this.#names = names;
  }

  /** Both ends of the cable, to be given to the machines. */
  wires(): [Wire, Wire] {
    const [left, right] = this.#names;
    const { stats } = this.#cable;
    return [
      new RecordedWire(this.#cable.left, this, left, right, stats?.toRight ?? null),
      new RecordedWire(this.#cable.right, this, right, left, stats?.toLeft ?? null),
    ];
  }

  /** Everything so far, in the order in which it was sent. */
  get events(): readonly LadderEvent[] {
    return this.#events;
  }

  /** True while a frame is on the cable. */
  get isBusy(): boolean {
    return this.#underWay.length > 0;
  }

  /** Forgets what was so far, and counts time from now on. */
  begin(): void {
    this.#start = this.#clock.now();
    this.#events = [];
    this.#underWay = [];
    this.#touched.clear();
  }

  /** Microseconds from the beginning. */
  get time(): number {
    return this.#clock.now() - this.#start;
  }

  remark(remark: string): void {
    this.#events.push({ time: this.time, remark });
  }

  /**
   * Notes the state that a machine's last frame has left its connection in; to be called after everything that
   * happens. What changes later than the frame, by a timer alone, is not the frame's doing and is left out.
   */
  sample(machine: string, sockets: readonly SocketRow[]): void {
    const touch = this.#touched.get(machine);
    if (!touch || touch.time !== this.time) return;
    const { contents } = touch.sighting;
    const state = stateOf(contents, touch.end === "fromState", sockets);
    if (state === null) return;
    const key = `${machine} ${portsOf(contents, touch.end === "fromState")}`;
    if (state === (this.#states.get(key) ?? startOf(contents, touch.end))) return;
    this.#states.set(key, state);
    touch.sighting[touch.end] = state;
  }

  sent(from: string, to: string, frame: Uint8Array, carry: () => void, stats: ImpairmentStats | null): void {
    const copy = frame.slice();
    const { time } = this;
    const sighting: Sighting = {
      time,
      from,
      to,
      frame: copy,
      arrivals: [],
      expected: 1,
      altered: false,
      contents: dissect(copy),
    };
    this.#events.push(sighting);
    this.#underWay.push(sighting);
    this.#touched.set(from, { time, sighting, end: "fromState" });
    const before = stats && { ...stats };
    carry();
    if (before && stats) noteFate(sighting, before, stats);
    if (sighting.arrivals.length >= sighting.expected) this.#arrived(sighting);
  }

  received(to: string, frame: Uint8Array): void {
    const coming = this.#underWay.filter((sighting) => sighting.to === to);
    const found = coming.find((one) => equal(one.frame, frame)) ?? coming.find((one) => one.altered) ?? coming[0];
    if (!found) return;
    const { time } = this;
    found.arrivals.push(time);
    this.#touched.set(to, { time, sighting: found, end: "toState" });
    if (found.arrivals.length >= found.expected) this.#arrived(found);
  }

  #arrived(sighting: Sighting): void {
    const at = this.#underWay.indexOf(sighting);
    if (at >= 0) this.#underWay.splice(at, 1);
  }
}

/** One end of the cable, with the recorder watching. */
class RecordedWire extends WrappingWire {
  readonly #recorder: Recorder;
  readonly #own: string;
  readonly #other: string;
  readonly #stats: ImpairmentStats | null;

  constructor(inner: Wire, recorder: Recorder, own: string, other: string, stats: ImpairmentStats | null) {
    super(inner);
    this.#recorder = recorder;
    this.#own = own;
    this.#other = other;
    this.#stats = stats;
    inner.attach(this);
  }

  send(frame: Uint8Array): void {
    this.#recorder.sent(this.#own, this.#other, this.#bare(frame), () => this.inner.send(frame), this.#stats);
  }

  receive(frame: Uint8Array): void {
    this.#recorder.received(this.#own, this.#bare(frame));
    this.end?.receive(frame);
  }

  #bare(frame: Uint8Array): Uint8Array {
    return this.carriesFcs ? frame.subarray(0, frame.length - FCS_BYTES) : frame;
  }
}

// The cable decides the fate of a frame when it takes it, so what its counters gained meanwhile is that fate.
function noteFate(sighting: Sighting, before: ImpairmentStats, after: ImpairmentStats): void {
  const gained = (name: keyof ImpairmentStats): number => after[name] - before[name];
  const notes = [];
  sighting.expected = 1 + gained("duplicated") - gained("lost") - gained("queueDrops");
  if (gained("lost") > 0) notes.push("lost on the cable");
  if (gained("queueDrops") > 0) notes.push("dropped, the queue was full");
  if (gained("corrupted") > 0) notes.push("damaged: the adapter drops it");
  if (gained("flipped") > 0) notes.push("a bit flips on the way");
  if (gained("duplicated") > 0) notes.push("arrives twice");
  if (gained("reordered") > 0) notes.push("held back");
  if (gained("corrupted") > 0) sighting.damaged = true;
  sighting.altered = gained("corrupted") + gained("flipped") > 0;
  if (notes.length > 0) sighting.notes = notes;
}

// The state of the connection that the frame belongs to, at one of its ends; null where it belongs to none.
function stateOf({ ip, tcp }: Dissection, atSender: boolean, sockets: readonly SocketRow[]): string | null {
  if (!ip || !tcp) return null;
  const source = { address: ip.source, port: tcp.sourcePort };
  const target = { address: ip.destination, port: tcp.destinationPort };
  const [here, there] = atSender ? [source, target] : [target, source];
  const own = sockets.filter(({ kind, localPort }) => kind === "tcp" && localPort === here.port);
  const connection = own.find((row) => row.remotePort === there.port && row.remoteAddress === there.address);
  // Where there is no connection, only a SYN has to do with the listener.
  const listener = own.find(({ state }) => state === "LISTEN");
  const row = connection ?? (opens(tcp.flags) ? listener : undefined);
  return (row?.state ?? "CLOSED").replaceAll("_", "-");
}

// A connection begins with a SYN that leaves CLOSED and arrives at LISTEN: that is nothing new.
function startOf({ tcp }: Dissection, end: Touch["end"]): string {
  return tcp && opens(tcp.flags) && end === "toState" ? "LISTEN" : "CLOSED";
}

function opens(flags: number): boolean {
  return (flags & (SYN | ACK)) === SYN;
}

// The connection as one of its ends names it: own port, other's address and port.
function portsOf({ ip, tcp }: Dissection, atSender: boolean): string {
  const ends = [`${ip?.source}:${tcp?.sourcePort}`, `${ip?.destination}:${tcp?.destinationPort}`];
  return (atSender ? ends : ends.reverse()).join(" ");
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
