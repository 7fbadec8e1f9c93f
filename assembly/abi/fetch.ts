// The browser inside the module, as the host sees it: what is fetched, what comes of it, and how it is read.

/** What `call(Application.BROWSER, …)` does. Fetches are named by the number that BEGIN answers. */
export enum FetchCall {
  /**
   * Begins a fetch: where the server's address lies; its port, and 65536 more for HEAD; bytes of the host's name as it stands
   * in the URL, and in the upper half those of the target; milliseconds of silence after which it is given up. The number,
   * and in RESULT's first word where the name and the target behind it are to be written, before GO. ENFILE when all are in
   * use, EMSGSIZE when both together are too long.
   */
  BEGIN = 1,
  /** The fetch goes to the server; errors of `connect`. */
  GO = 2,
  /** The fetch that has had news longest, by its number, and in RESULT which (FetchWord); -1 when none has. */
  NEXT = 3,
  /** Bytes of the body that lie ready, and in RESULT's first word where; EAGAIN: BODY comes when there are some. */
  PEEK = 4,
  /** So many of those were read: the number, how many. */
  TAKE = 5,
  /** The fetch is of no use any more, over or not: its number is free. */
  END = 6,
}

/** What is new about a fetch. */
export enum FetchNews {
  /** A line of the answer's head, in RESULT: a field. The next one comes when this one has been looked at. */
  FIELD = 1,
  /** The head is whole: the status stands. */
  HEAD = 2,
  /** The same, and bytes of the body may lie ready: until PEEK answers EAGAIN. */
  BODY = 3,
  /** All of the body was read; or the fetch failed, and FAILURE says why. */
  DONE = 4,
}

/** Words of the block at `RESULT` after `FetchCall.NEXT`. */
export const enum FetchWord {
  /** One of `FetchNews`. */
  NEWS = 0,
  STATUS = 1,
  /** Of FIELD: where the line lies, and its bytes. */
  LINE = 2,
  LINE_BYTES = 3,
  /** Of DONE: one of `FetchFailure`, or an Errno. */
  FAILURE = 4,
  /** Bytes of the body that were read. */
  RECEIVED_LOW = 5,
  RECEIVED_HIGH = 6,
}

/** Why a fetch failed, where it is not an Errno of the connection. */
export enum FetchFailure {
  NONE = 0,
  /** The answer is not HTTP/1, or contradicts itself. */
  MALFORMED = 1001,
  /** A line of it, or its head, is longer than there is room for. */
  TOO_LONG = 1002,
  /** The connection ended before the answer did. */
  TRUNCATED = 1003,
  /** A coding that was not asked for. */
  CODING = 1004,
}
