// Linear memory at many moments, so that one can go back to them. Pages that did not change are shared between
// neighbors; when all of it takes too much room, every second moment is forgotten.

/** Small enough that little is copied for a changed word, large enough that looking is quick. */
const PAGE_BYTES = 4096;
const DEFAULT_MOST_BYTES = 268_435_456;
/** Polls between two moments at first; twice as many each time that moments are forgotten. */
const FIRST_INTERVAL = 1000;

interface Moment<State> {
  polls: number;
  state: State;
  pages: readonly Buffer[];
}

export class Snapshots<State> {
  #memory: Buffer;
  #mostBytes: number;
  #interval = FIRST_INTERVAL;
  #moments: Moment<State>[] = [];
  #bytes = 0;

  /** Of `memory`, linear memory whole; at most `mostBytes` are kept, but always the first moment. */
  constructor(memory: Uint8Array, mostBytes = DEFAULT_MOST_BYTES) {
    this.#memory = Buffer.from(memory.buffer, memory.byteOffset, memory.length);
    this.#mostBytes = mostBytes;
  }

  /** Bytes of the pages that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#moments.length;
  }

  /** Keeps the present moment when the last one is long enough ago, and later than all that are kept. */
  offer(polls: number, makeState: () => State): void {
    const last = this.#moments.at(-1);
    if (last !== undefined && polls < last.polls + this.#interval) return;
    this.#moments.push({ polls, state: makeState(), pages: this.#pagesAfter(last?.pages) });
    while (this.#bytes > this.#mostBytes && this.#moments.length > 2) this.#thin();
  }

  /** Puts memory back to the last moment that is kept of those up to `polls`; its state, or null when there is none. */
  restore(polls: number): State | null {
    const moment = this.#moments.findLast((each) => each.polls <= polls);
    if (moment === undefined) return null;
    for (const [index, page] of moment.pages.entries()) page.copy(this.#memory, index * PAGE_BYTES);
    return moment.state;
  }

  #pagesAfter(before: readonly Buffer[] | undefined): Buffer[] {
    const pages: Buffer[] = [];
    for (let start = 0; start < this.#memory.length; start += PAGE_BYTES) {
      const same = before?.[pages.length];
      const end = start + PAGE_BYTES;
      if (same !== undefined && this.#memory.compare(same, 0, PAGE_BYTES, start, end) === 0) {
        pages.push(same);
      } else {
        pages.push(Buffer.from(this.#memory.subarray(start, end)));
        this.#bytes += PAGE_BYTES;
      }
    }
    return pages;
  }

  #thin(): void {
    this.#moments = this.#moments.filter((_, index) => index % 2 === 0);
    this.#interval *= 2;
    const kept = new Set(this.#moments.flatMap(({ pages }) => pages));
    this.#bytes = kept.size * PAGE_BYTES;
  }
}
