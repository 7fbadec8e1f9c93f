// Runs a recorded machine again: the same wasm gets the same calls, the same register reads and the same bytes in its
// memory, and so does the same. At every checkpoint its memory must have the hash that it had then.

import { ADAPTER_BUS_BASE } from "../core/bus.ts";
import { Core } from "../core/core.ts";
import { hashMemory, hashText } from "./hash.ts";
import { CALLS_END, Op } from "./operations.ts";
import type { RecordedMachine } from "./read-recording.ts";
import { timeOfNextPoll } from "./scan.ts";
import { Snapshots } from "./snapshots.ts";
import { type TapePlace, TapeReader } from "./tape.ts";

/** What happens in a replay, for those who watch. Bytes are valid during the call only. */
export type ReplayEvent =
  | { kind: "call"; name: string; args: number[] }
  | { kind: "answer"; name: string; args: number[]; answer: number }
  | { kind: "trap"; name: string; message: string }
  | { kind: "read" | "write"; offset: number; value: number }
  | { kind: "put"; at: number; bytes: Uint8Array }
  | { kind: "sent"; adapter: number; frame: Uint8Array }
  | { kind: "came"; adapter: number; frame: Uint8Array }
  /** A frame that the adapter did not keep: it was for somebody else, or there was no room. */
  | { kind: "dropped"; adapter: number; bytes: number }
  | { kind: "note"; text: string };

/** The replay did not do what the recording says. */
export class ReplayError extends Error {
  readonly code = "ERR_REPLAY";
  readonly polls: number;
  readonly now: number;

  constructor(sentence: string, polls: number, now: number) {
    super(`${sentence} (after ${polls} polls, at ${(now / 1e6).toFixed(6)} s of the machine's clock)`);
    this.name = "ReplayError";
    this.polls = polls;
    this.now = now;
  }
}

/** Where a replay stands, beside its memory. */
interface State {
  place: TapePlace;
  polls: number;
  now: number;
  checks: number;
}

type Call = (...args: number[]) => number | undefined;

const TWO_TO_32 = 0x1_0000_0000;

export class Replay {
  /** Where the machine stands now. Its tables may be looked at; nothing else may be called. */
  readonly core: Core;
  readonly about: RecordedMachine["about"];
  /** Told of everything that happens; without it a replay is quicker. */
  onEvent: ((event: ReplayEvent) => void) | null = null;
  #tape: TapeReader;
  #snapshots: Snapshots<State> | null;
  #polls = 0;
  #now = 0;
  #checks = 0;
  #trap: string | null = null;
  #isOver = false;
  #came: { adapter: number; bytes: number } | null = null;

  /** `canGoBack`: snapshots are kept on the way. `module`: the recorded one, or one to be compared with it. */
  static async open(
    machine: RecordedMachine,
    module: WebAssembly.Module,
    { canGoBack = false }: { canGoBack?: boolean } = {},
  ): Promise<Replay> {
    let replay: Replay | null = null;
    const bus = {
      read32: (address: number): number => replay?.read(address) ?? 0,
      write32: (address: number, value: number): void => replay?.write(address, value),
    };
    const core = await Core.open(module, { bus, dmaBase: machine.about.dmaBase });
    replay = new Replay(core, machine, canGoBack);
    return replay;
  }

  /** When a machine was polled first, in microseconds of its clock; Infinity: never. */
  static firstPollOf(machine: RecordedMachine): number {
    return timeOfNextPoll(new TapeReader(machine.tape), 0);
  }

  private constructor(core: Core, machine: RecordedMachine, canGoBack: boolean) {
    this.core = core;
    this.about = machine.about;
    this.#tape = new TapeReader(machine.tape);
    this.#snapshots = canGoBack ? new Snapshots(core.u8) : null;
  }

  /** Polls so far, and the time of the last one: microseconds of the machine's clock. */
  get polls(): number {
    return this.#polls;
  }

  get now(): number {
    return this.#now;
  }

  /** Checkpoints so far at which memory was equal. */
  get checks(): number {
    return this.#checks;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What the wasm trapped with at the end, as it did when it was recorded; null: it did not. */
  get trap(): string | null {
    return this.#trap;
  }

  /** The hash of the machine's whole state at this moment. */
  get hash(): string {
    return hashText(hashMemory(this.core));
  }

  /** Goes on to the end of the next poll. False when there is none. Throws ReplayError. */
  step(): boolean {
    this.#snapshots?.offer(this.#polls, () => this.#state());
    const before = this.#polls;
    while (!this.#isOver && this.#polls === before) this.#operation();
    return this.#polls !== before;
  }

  /** Goes on to the last poll that is not later than `time`, in microseconds of the machine's clock. */
  runUntil(time: number): void {
    while (timeOfNextPoll(this.#tape, this.#now) <= time && this.step()) {}
  }

  /** Goes on to the end, with what follows the last poll. Throws ReplayError. */
  run(): void {
    while (this.step()) {}
  }

  /** Goes to the moment after that many polls, forwards or backwards; or to the end, when there are fewer. */
  seek(polls: number): void {
    if (polls < this.#polls) this.#restore(Math.max(0, polls));
    while (this.#polls < polls && this.step()) {}
  }

  /** The core reads a register. */
  read(address: number): number {
    this.#react();
    const offset = this.#access(Op.READ, address);
    const value = this.#tape.signed();
    this.onEvent?.({ kind: "read", offset, value });
    return value;
  }

  /** The core writes a register; what the device did then is done again. */
  write(address: number, value: number): void {
    this.#react();
    const offset = this.#access(Op.WRITE, address);
    const recorded = this.#tape.signed();
    if (recorded !== value)
      this.#fail(`The core wrote ${value} to register ${offset} where it had written ${recorded}`);
    this.onEvent?.({ kind: "write", offset, value });
    this.#react();
  }

  #state(): State {
    return { place: this.#tape.place, polls: this.#polls, now: this.#now, checks: this.#checks };
  }

  #restore(polls: number): void {
    const state = this.#snapshots?.restore(polls);
    if (!state) throw new Error("This replay keeps no snapshots: open it with canGoBack.");
    this.#tape.place = state.place;
    this.#polls = state.polls;
    this.#now = state.now;
    this.#checks = state.checks;
    this.#isOver = false;
    this.#trap = null;
    this.#came = null;
  }

  // One thing that the host did: a call with all that happens in it, a write into memory, a checkpoint.
  #operation(): void {
    const op = this.#tape.op();
    if (op !== Op.PUT) this.#tellDropped();
    if (op < 0 || op === Op.END) this.#isOver = true;
    else if (op < CALLS_END) this.#call(op);
    else if (op === Op.POLL) this.#poll(this.#now + this.#tape.long());
    else if (op === Op.CHECK) this.#check();
    else if (!this.#happened(op)) this.#fail(`The recording is damaged: it goes on with ${op}`);
  }

  #call(index: number): void {
    const name = this.about.calls[index];
    const call = this.core.exports[name as keyof typeof this.core.exports] as Call | undefined;
    if (call === undefined) this.#fail(`The core has no call ${name ?? index}`);
    const args = Array.from({ length: this.#tape.word() }, () => this.#tape.signed());
    if (name === "poll") this.#poll((args[1] >>> 0) * TWO_TO_32 + (args[0] >>> 0));
    else this.#make(name, call, args);
  }

  #poll(now: number): void {
    this.#now = now;
    this.#make("poll", this.core.exports.poll as Call, [now | 0, (now / TWO_TO_32) | 0]);
    this.#polls++;
  }

  #make(name: string, call: Call, args: number[]): void {
    this.onEvent?.({ kind: "call", name, args });
    let answer: number;
    try {
      answer = (call(...args) ?? 0) | 0;
    } catch (error) {
      if (error instanceof ReplayError) throw error;
      this.#trapped(name, (error as Error).message);
      return;
    }
    this.#react();
    const end = this.#tape.op();
    if (end < 0) {
      this.#isOver = true; // whoever recorded it was killed in the middle of the call
      return;
    }
    if (end !== Op.RETURN) this.#fail(`${name} has ended where ${Op[end] ?? end} was recorded`);
    const recorded = this.#tape.signed();
    if (recorded !== answer) this.#fail(`${name} has answered ${answer} where it had answered ${recorded}`);
    this.onEvent?.({ kind: "answer", name, args, answer });
  }

  #trapped(name: string, message: string): void {
    this.#react();
    if (this.#tape.op() !== Op.TRAP) this.#fail(`${name} has trapped (${message}) where it had not`);
    this.#trap = `${name}: ${message}`;
    this.onEvent?.({ kind: "trap", name, message });
  }

  #check(): void {
    const recorded = hashText([this.#tape.word(), this.#tape.word()]);
    const { hash } = this;
    if (hash !== recorded) {
      this.#fail(`Linear memory is not what it was at checkpoint ${this.#checks + 1}: ${hash} instead of ${recorded}`);
    }
    this.#checks++;
  }

  #access(wanted: Op.READ | Op.WRITE, address: number): number {
    const offset = (address - ADAPTER_BUS_BASE) >>> 0;
    const verb = wanted === Op.READ ? "read" : "wrote";
    const op = this.#tape.op();
    if (op !== wanted) this.#fail(`The core ${verb} register ${offset} where ${Op[op] ?? "nothing"} was recorded`);
    const recorded = this.#tape.word();
    if (recorded !== offset) this.#fail(`The core ${verb} register ${offset} where it had been ${recorded}`);
    return offset;
  }

  /** Does again what devices and the rest of the host did without being called by the core. */
  #react(): void {
    for (let op = this.#tape.peek(); op >= Op.PUT; op = this.#tape.peek()) {
      if (op === Op.CHECK || op === Op.END) return;
      this.#happened(this.#tape.op());
    }
  }

  /** False when the operation is none that happens by itself. */
  #happened(op: number): boolean {
    const tape = this.#tape;
    if (op !== Op.PUT) this.#tellDropped();
    switch (op) {
      case Op.PUT:
        this.#put(tape.word(), tape.bytes(tape.word()));
        return true;
      case Op.PUT_WORD: {
        const index = tape.word();
        this.core.u32[index] = tape.signed();
        return true;
      }
      case Op.CAME:
        this.#came = { adapter: tape.word(), bytes: tape.word() };
        return true;
      case Op.SENT: {
        const [adapter, at] = [tape.word(), tape.word()];
        const frame = this.core.u8.subarray(at, at + tape.word());
        this.onEvent?.({ kind: "sent", adapter, frame });
        return true;
      }
      case Op.SENT_BYTES:
      case Op.CAME_BYTES: {
        const adapter = tape.word();
        const frame = tape.bytes(tape.word());
        this.onEvent?.({ kind: op === Op.CAME_BYTES ? "came" : "sent", adapter, frame });
        return true;
      }
      case Op.NOTE: {
        const text = Buffer.from(tape.bytes(tape.word())).toString();
        this.onEvent?.({ kind: "note", text });
        return true;
      }
      default:
        return false;
    }
  }

  #put(at: number, bytes: Uint8Array): void {
    if (at + bytes.length > this.core.u8.length) this.#fail("The recording is damaged: it writes outside of memory");
    this.core.u8.set(bytes, at);
    const came = this.#came;
    this.#came = null;
    if (came !== null && came.bytes === bytes.length) {
      this.onEvent?.({ kind: "came", adapter: came.adapter, frame: bytes });
    } else {
      this.onEvent?.({ kind: "put", at, bytes });
    }
  }

  #tellDropped(): void {
    const came = this.#came;
    this.#came = null;
    if (came !== null) this.onEvent?.({ kind: "dropped", ...came });
  }

  #fail(sentence: string): never {
    throw new ReplayError(sentence, this.#polls, this.#now);
  }
}
