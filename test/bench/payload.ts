// What is sent while time is taken: bytes that show any loss, repetition, shift or change, cheap to write and to check.

import { Random } from "../../host/random.ts";

/** An endless stream that repeats one block of random bytes. Positions in it are counted from its start. */
export class Payload {
  /** Bytes after which the stream repeats. */
  readonly period: number;
  /** One period, and a piece more, so that any piece lies here in one run. */
  readonly #bytes: Buffer;
  readonly #words: Uint32Array;
  readonly #pieceBytes: number;
  /** Views are kept: making one costs more than copying a piece. */
  readonly #pieces: readonly Uint8Array[];

  /** `pieceBytes`: what is mostly written at once; `pieces` of them are one period. */
  constructor(pieceBytes: number, pieces = 61) {
    this.#pieceBytes = pieceBytes;
    this.period = pieceBytes * pieces;
    const random = new Random(pieceBytes, pieces);
    this.#words = Uint32Array.from({ length: Math.ceil((this.period + pieceBytes) / 4) }, () => random.u32());
    this.#bytes = Buffer.from(this.#words.buffer);
    this.#bytes.copyWithin(this.period, 0, pieceBytes);
    this.#pieces = Array.from({ length: pieces }, (_, i) => this.#view(i * pieceBytes, pieceBytes));
  }

  /** The stream's bytes from `position` on, at most a piece. The view is shared. */
  at(position: number, bytes: number): Uint8Array {
    const start = position % this.period;
    const isPiece = bytes === this.#pieceBytes && start % bytes === 0;
    return isPiece ? this.#pieces[start / bytes] : this.#view(start, bytes);
  }

  /** One whole period. */
  get block(): Uint8Array {
    return this.#view(0, this.period);
  }

  /** Throws unless the `bytes` bytes at `at` of `memory` are the stream's from `position` on. */
  check(position: number, memory: Buffer, at: number, bytes: number): void {
    for (let done = 0; done < bytes; done += this.#pieceBytes) {
      const piece = Math.min(this.#pieceBytes, bytes - done);
      const start = (position + done) % this.period;
      if (this.#bytes.compare(memory, at + done, at + done + piece, start, start + piece) !== 0)
        throw this.#wrong(position);
    }
  }

  /** The same of a view of memory, best one that is kept: for a piece at its place, that is the quickest. */
  checkView(position: number, view: Uint8Array): void {
    const start = position % this.period;
    if (view.length !== this.#pieceBytes || start % this.#pieceBytes !== 0) {
      this.check(position, Buffer.from(view.buffer, view.byteOffset, view.length), 0, view.length);
    } else if (Buffer.compare(this.#pieces[start / this.#pieceBytes], view) !== 0) {
      throw this.#wrong(position);
    }
  }

  /** The same for few bytes, where a call into Node would take longer than the loop: all in whole, aligned words. */
  checkWords(position: number, memory: Uint32Array, at: number, bytes: number): void {
    const own = (position % this.period) >>> 2;
    const word = at >>> 2;
    let differences = (at | bytes | position) & 3;
    for (let i = 0; i < bytes >>> 2; i++) differences |= memory[word + i] ^ this.#words[own + i];
    if (differences !== 0) throw this.#wrong(position);
  }

  #view(start: number, bytes: number): Uint8Array {
    return new Uint8Array(this.#words.buffer, start, bytes);
  }

  #wrong(position: number): Error {
    return new Error(`What arrived from byte ${position} on is not what was sent.`);
  }
}
