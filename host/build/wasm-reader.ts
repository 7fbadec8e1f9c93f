// The bytes of a wasm file, one thing after the other (WebAssembly core specification 2.0, §5.1 to §5.5).

export class WasmReader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error("The wasm file ends in the middle of something.");
    return byte;
  }

  /** LEB128, unsigned; where a number is signed, what is good of the answer is where it ends. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  take(bytes: number): Uint8Array {
    this.at += bytes;
    return this.#bytes.subarray(this.at - bytes, this.at);
  }

  text(): string {
    return new TextDecoder().decode(this.take(this.number()));
  }

  /** What is preceded by how often it comes. */
  times<T>(read: (index: number) => T): T[] {
    return Array.from({ length: this.number() }, (_, index) => read(index));
  }
}
