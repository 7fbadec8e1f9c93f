// The module's web server from the host's side: it speaks HTTP by itself, and asks here for the pages that it does not have.

import { Application } from "../../assembly/abi/applications.ts";
import { Result } from "../../assembly/abi/sockets.ts";
import { WebCall, WebMethod, WebNeed, WebOption, WebWord } from "../../assembly/abi/web.ts";
import { checkPort } from "../core/address.ts";
import { stackError } from "../errors.ts";
import type { Machine } from "../machine.ts";
import type { Endpoint } from "../socket/calls.ts";
import type { SocketHandler } from "../socket/table.ts";

/** A page as the web server sends it. */
export interface WebPage {
  /** Bytes. */
  readonly size: number;
  /** Its media type, at most 48 bytes, such as "text/html; charset=utf-8". */
  readonly type: string;
  /** What changes whenever the page does: 64 bits, of which browsers make conditions. Default: there is none. */
  readonly tag?: bigint;
  /** Puts bytes of the page, from `place` on, into `target`; how many: fewer than fit when there are no more. */
  read(target: Uint8Array, place: number): number;
  /** No more of it is wanted. */
  close?(): void;
}

export interface WebRequest {
  readonly method: "GET" | "HEAD";
  /** The request's target as it came: a path, and a query behind a question mark. */
  readonly target: string;
  readonly remote: Endpoint;
}

/** A request that is over. */
export interface WebReport {
  /** Empty when the request could not be read. */
  readonly method: string;
  readonly target: string;
  readonly remote: Endpoint;
  /** 0: the connection was gone before there was an answer. */
  readonly status: number;
  /** Bytes of the page that were handed to the connection. */
  readonly bytes: number;
  /** From when the request was known to when the last byte was handed on; microseconds. */
  readonly time: number;
  /** False: the connection broke off. */
  readonly complete: boolean;
}

export interface WebServerOptions {
  /** Default 80. */
  port?: number;
  /** The page that a request means, null when there is none. Left out: the module's own pages are all there are. */
  page?: (request: WebRequest) => WebPage | null | Promise<WebPage | null>;
  /** Told of every request when it is over. */
  onReport?: (report: WebReport) => void;
}

interface OpenRequest {
  readonly request: WebRequest;
  readonly began: number;
  page: WebPage | null;
}

const UNKNOWN: Endpoint = { address: "", port: 0 };
/** What there is to say of a page, as it goes into the module: size and validator, eight bytes each, and the type. */
const TYPE_PLACE = 16;
const SCRATCH_BYTES = 64;
/** Stands for the server in the table of sockets, where no descriptor is negative. */
const HANDLE = -1 - Application.WEB_SERVER;

export class WebServer implements SocketHandler {
  readonly port: number;
  /** Resolves when the server is closed, or the stack is gone. */
  readonly closed: Promise<void>;
  #machine: Machine;
  #options: WebServerOptions;
  #requests = new Map<number, OpenRequest>();
  #open = true;
  #onClosed: () => void = () => {};

  /** `Stack.serveWeb` makes these. Throws StackError: EOPNOTSUPP where the profile has no web server, EADDRINUSE. */
  constructor(machine: Machine, options: WebServerOptions) {
    this.#machine = machine;
    this.#options = options;
    this.port = checkPort(options.port ?? 80);
    const asks = options.page === undefined ? 0 : WebOption.HOST_PAGES;
    const answer = this.#call(WebCall.START, this.port, asks | WebOption.REPORTS);
    if (answer < 0) throw stackError(answer, "serveWeb", undefined, this.port);
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
    machine.sockets.add(HANDLE, this);
    machine.addService(this.#serve);
    machine.runner.wake();
  }

  /** Closes the port; requests that are being answered go on. Resolves when they are over. */
  close(): Promise<void> {
    if (this.#open) {
      this.#open = false;
      this.#call(WebCall.STOP);
      this.#machine.runner.wake();
      if (this.#requests.size === 0) this.#remove();
    }
    return this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Its sockets are the module's own. */
  event(): void {}

  stackGone(): void {
    this.#open = false;
    for (const { page } of this.#requests.values()) page?.close?.();
    this.#requests.clear();
    this.#remove();
  }

  #remove(): void {
    this.#machine.removeService(this.#serve);
    this.#machine.sockets.remove(HANDLE);
    this.#onClosed();
  }

  #call(operation: WebCall, a = 0, b = 0, c = 0, d = 0): number {
    return this.#machine.core.exports.call(Application.WEB_SERVER, operation, a, b, c, d);
  }

  // After every run of the core: whatever its connections want.
  #serve = (): void => {
    let hasServed = false;
    for (let number = this.#call(WebCall.NEXT); number >= 0; number = this.#call(WebCall.NEXT)) {
      hasServed = true;
      const need: WebNeed = this.#machine.core.result(WebWord.NEED);
      if (need === WebNeed.PAGE) this.#findPage(number);
      else if (need === WebNeed.BYTES) this.#sendPage(number);
      else this.#report(number);
    }
    if (hasServed) this.#machine.runner.wake();
    if (!this.#open && this.#requests.size === 0) this.#remove();
  };

  #findPage(number: number): void {
    const request = this.#requestTold();
    const open: OpenRequest = { request, began: this.#machine.clock.now(), page: null };
    this.#requests.set(number, open);
    const found = this.#pageOf(request);
    if (!(found instanceof Promise)) {
      this.#answer(number, open, found);
      return;
    }
    void found.then((page) => {
      // It may have taken so long that the connection is gone, or serves another request.
      if (this.#machine.gone || this.#requests.get(number) !== open) {
        if (page !== FAILED) page?.close?.();
        return;
      }
      this.#answer(number, open, page);
      this.#machine.runner.wake();
    });
  }

  #pageOf(request: WebRequest): Found | Promise<Found> {
    const failed = (): Found => FAILED;
    try {
      const found = this.#options.page?.(request) ?? null;
      return found instanceof Promise ? found.catch(failed) : found;
    } catch {
      return FAILED; // whoever asks hears 500, and the counters show it
    }
  }

  #answer(number: number, open: OpenRequest, page: Found): void {
    if (page === null || page === FAILED) {
      this.#call(WebCall.ANSWER, number, page === null ? 404 : 500);
      return;
    }
    const { core } = this.#machine;
    const about = new DataView(core.memory.buffer, core.scratch, SCRATCH_BYTES);
    about.setBigUint64(0, BigInt(page.size), true);
    about.setBigUint64(8, page.tag ?? 0n, true);
    const room = core.bytes(core.scratch + TYPE_PLACE, SCRATCH_BYTES - TYPE_PLACE);
    const { written } = new TextEncoder().encodeInto(page.type, room);
    const answer = this.#call(WebCall.ANSWER, number, 200, core.scratch, TYPE_PLACE + written);
    if (answer < 0) this.#call(WebCall.ANSWER, number, 500);
    open.page = page;
  }

  #sendPage(number: number): void {
    const { core } = this.#machine;
    const page = this.#requests.get(number)?.page;
    let place = core.result(WebWord.PLACE_LOW) + core.result(WebWord.PLACE_HIGH) * 0x1_0000_0000;
    for (let room = this.#call(WebCall.ROOM, number); room > 0; room = this.#call(WebCall.ROOM, number)) {
      const bytes = readInto(page, core.bytes(core.result(Result.POINTER), room), place);
      if (bytes <= 0) {
        this.#call(WebCall.BREAK_OFF, number);
        return;
      }
      this.#call(WebCall.COMMIT, number, bytes);
      place += bytes;
    }
  }

  #report(number: number): void {
    const { core, clock } = this.#machine;
    const open = this.#requests.get(number);
    this.#requests.delete(number);
    open?.page?.close?.();
    const told = this.#options.onReport;
    if (told === undefined) return;
    const { method, target, remote } = open?.request ?? this.#requestTold();
    told({
      method: core.result(WebWord.METHOD) === WebMethod.OTHER ? "" : method,
      target,
      remote,
      status: core.result(WebWord.STATUS),
      bytes: core.result(WebWord.PLACE_LOW) + core.result(WebWord.PLACE_HIGH) * 0x1_0000_0000,
      time: open === undefined ? 0 : clock.now() - open.began,
      complete: core.result(WebWord.COMPLETE) === 1,
    });
  }

  // The request that the last NEXT was about. Asking for the peer's name changes RESULT, so what it says is kept.
  #requestTold(): WebRequest {
    const { core } = this.#machine;
    const told = core.u32.slice(core.resultWord, core.resultWord + WebWord.COMPLETE + 1);
    const at = told[WebWord.TARGET] ?? 0;
    const target = Buffer.from(core.u8.subarray(at, at + (told[WebWord.TARGET_BYTES] ?? 0))).toString("latin1");
    const known = core.exports.peerName(told[WebWord.SOCKET] ?? 0) >= 0;
    const remote = known ? this.#machine.calls.resultEndpoint() : UNKNOWN;
    core.u32.set(told, core.resultWord);
    return { method: told[WebWord.METHOD] === WebMethod.HEAD ? "HEAD" : "GET", target, remote };
  }
}

/** In place of a page that could not be found out about. */
const FAILED = Symbol("failed");
type Found = WebPage | null | typeof FAILED;

function readInto(page: WebPage | null | undefined, target: Uint8Array, place: number): number {
  try {
    return page?.read(target, place) ?? 0;
  } catch {
    return 0; // as when the page has become shorter: the connection breaks off, which is what the report says
  }
}

/** A page that lies in memory. */
export function pageOfBytes(bytes: Uint8Array, type: string, tag?: bigint): WebPage {
  return {
    size: bytes.length,
    type,
    ...(tag === undefined ? {} : { tag }),
    read(target, place) {
      const piece = bytes.subarray(place, place + target.length);
      target.set(piece);
      return piece.length;
    },
  };
}
