// What a command is doing at the moment, on stderr: one line that is written over in a terminal, else a line for each.

const CLEAR_LINE = "\r\x1b[K";

export class ProgressLine {
  readonly #name: string;
  readonly #isTerminal = process.stderr.isTTY === true;

  constructor(name: string) {
    this.#name = name;
  }

  show(text: string): void {
    const line = `${this.#name}: ${text}`;
    process.stderr.write(this.#isTerminal ? `${CLEAR_LINE}${line}` : `${line}\n`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isTerminal) process.stderr.write(CLEAR_LINE);
  }
}
