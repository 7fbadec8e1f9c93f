// What a recording of one machine consists of: everything that crosses the border of its core, in the order in which it
// did. One byte names the operation, numbers of varying length follow (host/replay/tape.ts).

/** Bytes below this are calls: the index of the export in the machine's list of names; how many arguments it has; those. */
export const CALLS_END = 0x80;

export enum Op {
  /** A call of `poll`: microseconds since the last one. */
  POLL = 0x80,
  /** How a call ended: its answer; or that the wasm trapped. */
  RETURN,
  TRAP,
  /** Register accesses of the core: offset from the first adapter's base, value. */
  READ,
  WRITE,
  /** The host's writes into linear memory: place, length, bytes; or index of a word, its new value. */
  PUT,
  PUT_WORD,
  /** The hash of linear memory between two calls: two words. */
  CHECK,
  /** A frame that an adapter has sent: its index, where it lies in linear memory, length; or its bytes where it does not. */
  SENT,
  SENT_BYTES,
  /** A frame that came for an adapter, and which a PUT follows unless the adapter drops it: index, length; or its bytes. */
  CAME,
  CAME_BYTES,
  /** A remark for people: length, UTF-8. */
  NOTE,
  /** The machine was closed. */
  END,
}

/** Bytes of the longest operation beside bytes that it carries: a call with six arguments. */
export const LONGEST_PLAIN = 32;
