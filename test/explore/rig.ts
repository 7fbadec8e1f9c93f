// A machine in the state of a set-up, to which one segment after the other is given: each time linear memory and the
// MAC are put back, the segment arrives, half a second passes, and everything that can be seen is noted. The module is
// the released one, and deterministic, so that putting it back is as good as playing the set-up again.

import { Result, SocketOption } from "../../assembly/abi/sockets.ts";
import { type State, Status, TimerName } from "../../assembly/abi/status.ts";
import { Bus } from "../../host/core/bus.ts";
import { Core } from "../../host/core/core.ts";
import { loadFirmware } from "../../host/core/firmware.ts";
import type { RingMac } from "../../host/mac/ring-mac.ts";
import { streamByte } from "../segment/peer.ts";
import { BareMac } from "./bare-mac.ts";
import { CLOSED, type Connection, LISTEN, type Segment, SYN_SENT, TIME_WAIT } from "./connection.ts";
import { readSent, SegmentWriter, type Sent } from "./frames.ts";
import { distance, offset } from "./sequence.ts";
import type { Played } from "./set-up.ts";
import { PEER_SHIFT } from "./states.ts";

/** How long an ACK may take at most (RFC 9293 MUST-40), in microseconds. */
const LONGEST_DELAY = 500_000;
/** Polls that may follow on one segment. */
const MOST_POLLS = 100;
/** Rows looked at of each kind: a set-up has no more. */
const ROWS_OF_A_KIND = 3;

// Copies, because a property of an enum object costs a load each time.
const STATE: number = Status.STATE;
const LOCAL_PORT: number = Status.LOCAL_PORT;
const REMOTE_PORT: number = Status.REMOTE_PORT;
const RECV_Q: number = Status.RECV_Q;
const TIMER: number = Status.TIMER;
const TIMER_IN: number = Status.TIMER_IN;
const SND_UNA: number = Status.SND_UNA;
const SND_NXT: number = Status.SND_NXT;
const SND_WND: number = Status.SND_WND;
const RCV_NXT: number = Status.RCV_NXT;
const RCV_WND: number = Status.RCV_WND;
const OUT_OF_ORDER: number = Status.OUT_OF_ORDER;
const TIMER_OFF: number = TimerName.OFF;

/** Everything that can be seen of a connection after a segment. */
export interface Observation {
  state: State;
  sent: readonly Sent[];
  sndUna: number;
  sndNxt: number;
  sndWnd: number;
  rcvNxt: number;
  rcvWnd: number;
  /** Bytes that can be read, and bytes behind holes. */
  readable: number;
  held: number;
  /** What is in flight has a timer. */
  timed: boolean;
  /** When TIME-WAIT ends, in microseconds of the machine's time; 0 in other states. */
  waitsUntil: number;
  /** The pending error, an Errno. */
  error: number;
  /** The end of the stream can be read behind the bytes; undefined where nobody has a descriptor. */
  ended: boolean | undefined;
  /** Bytes read that are not those that the peer has sent. */
  wrongBytes: number;
}

export class Rig {
  readonly #core: Core;
  readonly #mac: BareMac;
  readonly #memory: Uint8Array;
  readonly #writer: SegmentWriter;
  readonly #rows: readonly number[];
  readonly #view: DataView;
  readonly #start: number;
  readonly #wakeAtStart: number;
  #now: number;
  #wakeAt: number;
  #sent: Sent[] = [];
  /** How far into the peer's stream the application has read. */
  readonly #readSoFar: number;
  /** What could be seen before the first segment. */
  readonly atStart: Observation;

  /** Takes the place of a machine at the end of a set-up. */
  static async create(played: Played): Promise<Rig> {
    const { machine } = played.player;
    const bus = new Bus();
    const core = await Core.start(await loadFirmware(machine.profile, false), [], { bus });
    core.u8.set(machine.core.u8);
    const rig = new Rig(core, bus, played);
    rig.#demandSetUp();
    return rig;
  }

  private constructor(
    core: Core,
    bus: Bus,
    readonly played: Played,
  ) {
    const { player, connection, ourShift } = played;
    const { machine, peer } = player;
    const conversation = peer.conversation(1);
    this.#core = core;
    this.#view = new DataView(core.memory.buffer);
    this.#mac = new BareMac(machine.wire.adapter as RingMac, core.u32, (at) => {
      this.#sent.push(readSent(this.#view, at, this.#now - this.#start, ourShift));
    });
    bus.attach(this.#mac);
    this.#memory = core.u8.slice(0, core.constants.LINEAR_BYTES);
    this.#start = machine.now;
    this.#now = machine.now;
    this.#wakeAtStart = machine.wakeAt;
    this.#wakeAt = machine.wakeAt;
    this.#writer = new SegmentWriter(core.u8, {
      peerPort: conversation.peerPort,
      ourPort: conversation.ourPort,
      irs: connection.state === SYN_SENT || connection.state === LISTEN ? undefined : connection.irs,
      echo: conversation.lastTimestamp,
      shift: connection.tsRecent === undefined ? 0 : PEER_SHIFT,
    });
    this.#rows = rowsToLookAt(core);
    this.atStart = this.#observe();
    this.#readSoFar = distance(connection.irs, connection.rcvNxt) - 1 - this.atStart.readable;
  }

  /** The variables of the set-up, and the script that leads there. */
  get connection(): Connection {
    return this.played.connection;
  }

  get script(): string {
    return this.played.script;
  }

  // A set-up whose variables are not those that the stack shows would make every comparison meaningless.
  #demandSetUp(): void {
    const { state, sndUna, sndNxt, sndWnd, rcvNxt, rcvWnd, held } = this.connection;
    const seen = this.atStart;
    const shows = state !== CLOSED && state !== LISTEN;
    const sends = seen.sndUna === sndUna && seen.sndNxt === sndNxt && (state === TIME_WAIT || seen.sndWnd === sndWnd);
    const receives = (state === SYN_SENT || seen.rcvNxt === rcvNxt) && (state === TIME_WAIT || seen.rcvWnd === rcvWnd);
    const holds = seen.held === held.reduce((bytes, { from, to }) => bytes + offset(from, to), 0);
    if (seen.state === state && (!shows || (sends && receives && holds))) return;
    throw new Error(`the set-up does not say what the stack shows:\n${this.script}\n${JSON.stringify(seen)}`);
  }

  /** What comes of `segment`, arriving in the set-up's state. */
  run(segment: Segment): Observation {
    this.#restore();
    this.#mac.received(this.#writer.write(this.#mac.receiveBuffer, segment));
    let polls = 0;
    for (this.#wakeAt = this.#now; this.#wakeAt <= this.#start + LONGEST_DELAY; ) {
      this.#now = Math.max(this.#now, this.#wakeAt);
      this.#poll();
      if (++polls > MOST_POLLS) throw new Error(`the stack wanted more than ${MOST_POLLS} polls after one segment`);
    }
    return this.#observe();
  }

  #restore(): void {
    this.#core.u8.set(this.#memory);
    this.#mac.restore();
    this.#now = this.#start;
    this.#wakeAt = this.#wakeAtStart;
    this.#sent = [];
  }

  #poll(): void {
    this.#mac.interrupted = false;
    this.#wakeAt = this.#now + this.#core.poll(this.#now);
    if (this.#mac.interrupted) this.#wakeAt = this.#now;
  }

  // ---- looking ---------------------------------------------------------------------------------------------------

  #observe(): Observation {
    const row = this.#findRow();
    const listens = this.connection.listener !== "none";
    const observation: Observation = {
      state: row < 0 ? (listens ? LISTEN : CLOSED) : this.#word(STATE),
      sent: this.#sent,
      sndUna: this.#word(SND_UNA),
      sndNxt: this.#word(SND_NXT),
      sndWnd: this.#word(SND_WND),
      rcvNxt: this.#word(RCV_NXT),
      rcvWnd: this.#word(RCV_WND),
      readable: row < 0 ? 0 : this.#word(RECV_Q),
      held: this.#word(OUT_OF_ORDER),
      timed: this.#word(SND_UNA) === this.#word(SND_NXT) || this.#word(TIMER) !== TIMER_OFF,
      waitsUntil: 0,
      error: 0,
      ended: undefined,
      wrongBytes: 0,
    };
    if (observation.state === TIME_WAIT) observation.waitsUntil = this.#now + this.#word(TIMER_IN);
    return observation;
  }

  /** Reads the stream to its end, as far as it has come, and the pending error. To be called after `run`, once. */
  read(observation: Observation): void {
    const { exports } = this.#core;
    const fd = this.#descriptor();
    if (fd < 0) return;
    observation.error = exports.getOption(fd, SocketOption.ERROR);
    let at = this.#readSoFar;
    const known = at + this.atStart.readable;
    for (let ready = exports.recvPeek(fd); ; ready = exports.recvPeek(fd)) {
      if (ready <= 0) {
        observation.ended = ready === 0;
        observation.readable = at - this.#readSoFar;
        return;
      }
      const pointer = this.#core.result(Result.POINTER);
      for (let i = Math.max(0, known - at); i < ready; i++) {
        if (this.#core.u8[pointer + i] !== streamByte("peer", at + i)) observation.wrongBytes++;
      }
      at += ready;
      exports.recvConsume(fd, ready);
    }
  }

  /** The application's descriptor, accepted now where nobody has done that yet; negative when there is none. */
  #descriptor(): number {
    const own = this.played.player.descriptor(1);
    if (own !== undefined) return own;
    const listener = this.connection.abandoned ? undefined : this.played.player.descriptor(0);
    return listener === undefined ? -1 : this.#core.exports.accept(listener);
  }

  /** Fills the block of status words with the connection's row: a live one, else TIME-WAIT, else what is left of it. */
  #findRow(): number {
    let found = -1;
    let rank = 0;
    for (const row of this.#rows) {
      const better = this.#rank(row);
      if (better > rank) {
        found = row;
        rank = better;
      }
    }
    this.#core.exports.describe(found < 0 ? 0 : found);
    if (found < 0) this.#core.u32.fill(0, this.#core.statusWord, this.#core.statusWord + Status.WORDS);
    return found;
  }

  #rank(row: number): number {
    if (this.#core.exports.describe(row) <= 0) return 0;
    const { ourPort, peerPort } = this.#writer.ends;
    if (this.#word(REMOTE_PORT) !== peerPort || this.#word(LOCAL_PORT) !== ourPort) return 0;
    const state = this.#word(STATE);
    return state === CLOSED ? 1 : state === TIME_WAIT ? 2 : 3;
  }

  #word(word: number): number {
    return this.#core.status(word);
  }
}

/** Control blocks come first among the rows, then handshakes, then what is in TIME-WAIT. */
function rowsToLookAt({ constants }: Core): number[] {
  const kinds = [0, constants.TCBS, constants.TCBS + constants.SYN_QUEUE];
  return kinds.flatMap((first) => Array.from({ length: ROWS_OF_A_KIND }, (_, i) => first + i));
}
