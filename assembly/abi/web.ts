// The web server inside the module, as the host sees it: what the server asks it for, and how it is told.

/** What the web server knows of a request's method. */
export enum WebMethod {
  /** Neither of these: answered with an error. */
  OTHER = 0,
  GET = 1,
  HEAD = 2,
}

/** What a connection of the web server wants of the host (`WebCall.NEXT`). */
export enum WebNeed {
  /** A page: `WebCall.ANSWER` says what there is of the target. */
  PAGE = 1,
  /** Bytes of that page: `WebCall.ROOM` and `WebCall.COMMIT`, until there is no room. */
  BYTES = 2,
  /** Nothing: a request is over, and this is what became of it. */
  REPORT = 3,
}

/** Words of the block at `RESULT` after `WebCall.NEXT`. */
export const enum WebWord {
  /** One of `WebNeed`. */
  NEED = 0,
  /** One of `WebMethod`. */
  METHOD = 1,
  /** Where the request's target lies, and its bytes. */
  TARGET = 2,
  TARGET_BYTES = 3,
  /** The status that was answered; 0: none was. */
  STATUS = 4,
  /** Of the page that is wanted next: its place in the page. In a report: bytes of the body that were sent. */
  PLACE_LOW = 5,
  PLACE_HIGH = 6,
  /** The connection's descriptor, for `peerName`. */
  SOCKET = 7,
  /** 1 when all of the answer was handed to the connection. */
  COMPLETE = 8,
}

/** Bits of the last argument of `WebCall.START`. */
export const enum WebOption {
  /** The host is asked for pages that the module itself does not have. */
  HOST_PAGES = 1,
  /** The host is told of every request when it is over, and takes each report before the next request is read. */
  REPORTS = 2,
}

/** What `call(Application.WEB_SERVER, …)` does. */
export enum WebCall {
  /** Opens a port: the port, bits of `WebOption`. 0, EADDRINUSE, EALREADY, EINVAL or ENFILE. */
  START = 1,
  /** Closes the port; connections end with the answer that they are at. */
  STOP = 2,
  /** The connection that has wanted something longest, by its number, and in RESULT what; -1 when none does. */
  NEXT = 3,
  /**
   * Answers PAGE: the connection's number, the status, and for status 200 the place in memory and the bytes of what there is
   * to say of the page: its size in 8 bytes, its validator (0: none) in 8 bytes, its type. Of other statuses 404 and 503
   * are known, the rest is 500. EINVAL for a connection that has not asked.
   */
  ANSWER = 4,
  /** Room for the next bytes of a page: the connection's number. The bytes, and where in RESULT's first word; EAGAIN. */
  ROOM = 5,
  /** They stand there: the connection's number, how many. */
  COMMIT = 6,
  /** There is no more of the page, contrary to what was said: the connection's number. It ends with a RST. */
  BREAK_OFF = 7,
}
