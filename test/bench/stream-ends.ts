// The two ends of a stream that carries a payload: one writes all there is room for, the other takes and compares all
// that has come.

import type { Machine } from "./machine.ts";
import type { Payload } from "./payload.ts";

/** So few bytes are compared in a loop of our own, when they are whole words. */
const FEW_BYTES = 64;

/** The writing end of a stream that carries a payload. */
export class Writer {
  written = 0;

  constructor(
    readonly machine: Machine,
    readonly fd: number,
    readonly payload: Payload,
  ) {}

  /** Writes while there is room, up to byte `end` of the stream. */
  writeUntil(end: number): void {
    const { machine, fd } = this;
    while (this.written < end) {
      const bytes = Math.min(machine.sendRoom(fd), end - this.written);
      if (bytes === 0) return;
      machine.memory.set(this.payload.at(this.written, bytes), machine.pointer);
      machine.sendCommit(fd, bytes);
      this.written += bytes;
    }
  }
}

/** The reading end: takes all there is and compares every byte. */
export class Reader {
  received = 0;

  constructor(
    readonly machine: Machine,
    readonly fd: number,
    readonly payload: Payload,
  ) {}

  read(): void {
    const { machine, fd, payload } = this;
    for (let bytes = machine.recvPeek(fd); bytes >= 0; bytes = machine.recvPeek(fd)) {
      if (bytes === 0) throw new Error("The stream has ended.");
      const at = machine.pointer;
      const inWords = bytes <= FEW_BYTES && ((at | bytes | this.received) & 3) === 0;
      if (inWords) payload.checkWords(this.received, machine.core.u32, at, bytes);
      else payload.checkView(this.received, machine.core.bytes(at, bytes));
      machine.recvConsume(fd, bytes);
      this.received += bytes;
    }
  }
}
