// The tape of one machine while it runs: a tap between its core and everything else that writes down what passes.

import { MacKind } from "../../assembly/abi/mac.ts";
import { ADAPTER_BUS_BASE, type Bus } from "../core/bus.ts";
import type { CoreExports } from "../core/core.ts";
import type { CoreTap } from "../core/tap.ts";
import { observeWire } from "../wire/observe.ts";
import type { Wire } from "../wire/wire.ts";
import { type HashedMemory, hashMemory } from "./hash.ts";
import { LONGEST_PLAIN, Op } from "./operations.ts";
import { TapeWriter } from "./tape.ts";

/** An export of the core. Those with fewer parameters ignore the others. */
type Call = (a?: number, b?: number, c?: number, d?: number, e?: number, f?: number) => number;

/** Microseconds of the machine's time between two checkpoints; at its next poll one is made. */
const CHECKPOINT_MICROS = 500_000;
/** Bytes in one operation; more are written by several. */
const MOST_BYTES = 65_536;
/** Calls that change nothing but the blocks of answers: whether they were made makes no difference. */
const LOOKS = new Set(["describe", "neighbor", "route", "address", "group", "adapter", "nameServer", "region"]);
const TWO_TO_32 = 0x1_0000_0000;

export class Track implements CoreTap {
  #tape: TapeWriter;
  #calls: string[];
  #memory: HashedMemory = { u32: new Uint32Array(0), resultWord: 0, statusWord: 0 };
  /** Frames lie in linear memory as they come and go; other MACs hand them over word by word. */
  #hasRings = false;
  #polledAt = 0;
  #checkedAt = 0;
  #isOpen = true;

  /** `calls`: names of the core's exports in the order of their numbers; `onBlock` gets what is to be kept. */
  constructor(calls: string[], onBlock: (block: Uint8Array) => void) {
    this.#calls = calls;
    this.#tape = new TapeWriter((block) => {
      if (this.#isOpen) onBlock(block);
    });
  }

  wrapBus({ read32, write32 }: Pick<Bus, "read32" | "write32">): Pick<Bus, "read32" | "write32"> {
    const tape = this.#tape;
    return {
      read32: (address) => {
        const value = read32(address);
        tape.begin(Op.READ, LONGEST_PLAIN);
        tape.word(address - ADAPTER_BUS_BASE);
        tape.signed(value);
        return value;
      },
      // What the device does at once (frames that it sends, descriptors that it hands back) stands behind the write.
      write32: (address, value) => {
        tape.begin(Op.WRITE, LONGEST_PLAIN);
        tape.word(address - ADAPTER_BUS_BASE);
        tape.signed(value);
        write32(address, value);
      },
    };
  }

  wrapExports(exports: CoreExports, instance: WebAssembly.Instance): CoreExports {
    const constant = (name: string): number => (instance.exports[name] as WebAssembly.Global).value as number;
    const u32 = new Uint32Array((instance.exports.memory as WebAssembly.Memory).buffer);
    this.#memory = { u32, resultWord: constant("RESULT") >>> 2, statusWord: constant("STATUS") >>> 2 };
    this.#hasRings = [MacKind.RING, MacKind.SMARTFUSION].includes(constant("MAC"));
    const wrapped: Record<string, Call> = {};
    for (const [index, name] of this.#calls.entries()) {
      const call = instance.exports[name] as Call;
      wrapped[name] = LOOKS.has(name) ? call : this.#wrap(index, call);
    }
    return { ...wrapped, poll: this.#wrapPoll(exports.poll, wrapped.poll) } as unknown as CoreExports;
  }

  put(bytes: Uint8Array, at: number): void {
    for (let start = 0; start < bytes.length; start += MOST_BYTES) {
      const piece = bytes.length <= MOST_BYTES ? bytes : bytes.subarray(start, start + MOST_BYTES);
      this.#tape.begin(Op.PUT, LONGEST_PLAIN + piece.length);
      this.#tape.word(at + start);
      this.#tape.word(piece.length);
      this.#tape.bytes(piece);
    }
  }

  putWord(index: number, value: number): void {
    this.#tape.begin(Op.PUT_WORD, LONGEST_PLAIN);
    this.#tape.word(index);
    this.#tape.signed(value);
  }

  /** `wire`, with the frames that pass written down as those of the adapter with this index. */
  watch(wire: Wire, adapter: number): Wire {
    return observeWire(wire, (frame, sent) => {
      const isInMemory = sent ? frame.buffer === this.#memory.u32.buffer : this.#hasRings;
      if (!isInMemory) this.#frameBytes(sent ? Op.SENT_BYTES : Op.CAME_BYTES, adapter, frame);
      else this.#frame(sent ? Op.SENT : Op.CAME, adapter, frame);
    });
  }

  /** A remark for whoever looks at the recording. */
  note(text: string): void {
    const bytes = Buffer.from(text);
    this.#tape.begin(Op.NOTE, LONGEST_PLAIN + bytes.length);
    this.#tape.word(bytes.length);
    this.#tape.bytes(bytes);
  }

  /** The last checkpoint, and the end. What the machine does afterwards is not written down. */
  end(): void {
    if (!this.#isOpen) return;
    this.#check();
    this.#tape.begin(Op.END, LONGEST_PLAIN);
    this.#tape.flush();
    this.#isOpen = false;
  }

  // One function for all arities: one with a rest parameter costs several times as much.
  #wrap(index: number, call: Call): Call {
    const tape = this.#tape;
    const arity = call.length;
    return (a = 0, b = 0, c = 0, d = 0, e = 0, f = 0) => {
      tape.begin(index, LONGEST_PLAIN);
      tape.word(arity);
      if (arity > 0) tape.signed(a);
      if (arity > 1) tape.signed(b);
      if (arity > 2) tape.signed(c);
      if (arity > 3) tape.signed(d);
      if (arity > 4) tape.signed(e);
      if (arity > 5) tape.signed(f);
      try {
        const answer = call(a, b, c, d, e, f);
        tape.begin(Op.RETURN, LONGEST_PLAIN);
        tape.signed(answer);
        return answer;
      } catch (trap) {
        this.#trapped();
        throw trap;
      }
    };
  }

  // `plain` is for a clock that goes backwards.
  #wrapPoll(poll: CoreExports["poll"], plain: Call): CoreExports["poll"] {
    const tape = this.#tape;
    return (low, high) => {
      const now = (high >>> 0) * TWO_TO_32 + (low >>> 0);
      if (now < this.#polledAt) return plain(low, high);
      tape.begin(Op.POLL, LONGEST_PLAIN);
      tape.long(now - this.#polledAt);
      this.#polledAt = now;
      try {
        const answer = poll(low, high);
        tape.begin(Op.RETURN, LONGEST_PLAIN);
        tape.signed(answer);
        if (now - this.#checkedAt >= CHECKPOINT_MICROS) this.#check();
        return answer;
      } catch (trap) {
        this.#trapped();
        throw trap;
      }
    };
  }

  #trapped(): void {
    this.#tape.begin(Op.TRAP, LONGEST_PLAIN);
    this.#tape.flush();
  }

  // A program that is killed leaves all that happened up to its last checkpoint.
  #check(): void {
    this.#checkedAt = this.#polledAt;
    this.#tape.begin(Op.CHECK, LONGEST_PLAIN);
    for (const word of hashMemory(this.#memory)) this.#tape.word(word);
    this.#tape.flush();
  }

  #frame(op: Op.SENT | Op.CAME, adapter: number, frame: Uint8Array): void {
    this.#tape.begin(op, LONGEST_PLAIN);
    this.#tape.word(adapter);
    if (op === Op.SENT) this.#tape.word(frame.byteOffset);
    this.#tape.word(frame.length);
  }

  #frameBytes(op: Op.SENT_BYTES | Op.CAME_BYTES, adapter: number, frame: Uint8Array): void {
    this.#tape.begin(op, LONGEST_PLAIN + frame.length);
    this.#tape.word(adapter);
    this.#tape.word(frame.length);
    this.#tape.bytes(frame);
  }
}
