// The module's browser from the host's side: it asks and reads by itself, and the body is read here as it comes.

import { Application } from "../../assembly/abi/applications.ts";
import { Errno } from "../../assembly/abi/errno.ts";
import { FetchCall, FetchFailure, FetchNews, FetchWord } from "../../assembly/abi/fetch.ts";
import { Result } from "../../assembly/abi/sockets.ts";
import { InputError, StackError, stackError } from "../errors.ts";
import type { Machine } from "../machine.ts";
import type { SocketHandler } from "../socket/table.ts";

export interface BrowseOptions {
  method?: "GET" | "HEAD";
  /** Milliseconds without a word from the server after which the fetch is given up; default 30,000. */
  timeout?: number;
  /** Pages that lead to others are followed so often; default 5. 0: the page that leads there is the answer. */
  redirects?: number;
}

/** An answer, whose body has yet to be read. */
export interface FetchedPage {
  /** Where it is from, after all redirections. */
  readonly url: string;
  readonly status: number;
  /** Fields of the head by their names in lower case; those that came more than once are joined with commas. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The body, in pieces as they come; the server waits while nobody asks for the next one. To leave off is to give the fetch
   * up. Throws FetchError and StackError.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** A server whose answer cannot be used. */
export class FetchError extends Error {
  /** "MALFORMED", "TOO_LONG", "TRUNCATED", "CODING" or "REDIRECTS". */
  readonly code: string;

  constructor(code: string, sentence: string) {
    super(sentence);
    this.name = "FetchError";
    this.code = code;
  }
}

const SENTENCES: Record<string, string> = {
  MALFORMED: "What the server says is not HTTP.",
  TOO_LONG: "The head of the server's answer is longer than this profile of the stack has room for.",
  TRUNCATED: "The server has ended the connection before the answer was whole.",
  CODING: "The server has sent the page in a coding that was not asked for.",
  REDIRECTS: "The page leads from one to another without an end.",
};

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_REDIRECTS = 5;
const LEADS_ELSEWHERE = [301, 302, 303, 307, 308];
const HEAD_METHOD = 65536;
const AGAIN = -Errno.EAGAIN;
/** Stands for the browser in the table of sockets, where no descriptor is negative. */
const HANDLE = -1 - Application.BROWSER;

/** Finds the address of a name, as 16 bytes. */
export type FindAddress = (name: string) => Promise<Uint8Array>;

/** One fetch, as the host follows it. */
class OpenFetch {
  readonly headers: Record<string, string> = {};
  status = 0;
  hasHead = false;
  isDone = false;
  error: Error | null = null;
  /** Called at every news. */
  onNews: () => void = () => {};

  addField(line: string): void {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const known = this.headers[name];
    this.headers[name] = known === undefined ? value : `${known}, ${value}`;
  }
}

export class Browser implements SocketHandler {
  #machine: Machine;
  #findAddress: FindAddress;
  #fetches = new Map<number, OpenFetch>();

  constructor(machine: Machine, findAddress: FindAddress) {
    this.#machine = machine;
    this.#findAddress = findAddress;
    machine.addService(this.#serve);
  }

  /** Fetches a page: resolves when its head has come. Rejects with InputError, FetchError, StackError. */
  async fetch(url: string, options: BrowseOptions = {}): Promise<FetchedPage> {
    let target = parseUrl(url);
    for (let left = options.redirects ?? DEFAULT_REDIRECTS; ; left--) {
      const page = await this.#fetchOne(target, options);
      const { location } = page.headers;
      if (!LEADS_ELSEWHERE.includes(page.status) || location === undefined || options.redirects === 0) return page;
      for await (const _ of page.body); // so that the connection can be used again
      if (left === 0) throw fetchError("REDIRECTS");
      target = parseUrl(location, target);
    }
  }

  async #fetchOne(url: URL, options: BrowseOptions): Promise<FetchedPage> {
    const address = await this.#findAddress(url.hostname.replace(/^\[|\]$/g, ""));
    const number = this.#begin(url, address, options);
    const fetch = new OpenFetch();
    this.#fetches.set(number, fetch);
    this.#machine.sockets.add(HANDLE, this);
    const answer = this.#call(FetchCall.GO, number);
    this.#machine.runner.wake();
    try {
      if (answer < 0) throw stackError(answer, "connect", url.hostname, portOf(url));
      await this.#until(fetch, () => fetch.hasHead || fetch.isDone);
      if (fetch.error !== null) throw fetch.error;
    } catch (error) {
      this.#end(number, fetch);
      throw error;
    }
    const { status, headers } = fetch;
    return { url: url.href, status, headers, body: this.#read(number, fetch) };
  }

  #begin(url: URL, address: Uint8Array, options: BrowseOptions): number {
    const { core } = this.#machine;
    const host = Buffer.from(url.host, "latin1");
    const target = Buffer.from(url.pathname + url.search, "latin1");
    const port = portOf(url) + (options.method === "HEAD" ? HEAD_METHOD : 0);
    const bytes = host.length + target.length * 65536;
    const patience = options.timeout ?? DEFAULT_TIMEOUT_MS;
    if (target.length > 0x7fff) throw stackError(-Errno.EMSGSIZE, "fetch");
    const number = this.#call(FetchCall.BEGIN, core.putAddress(address), port, bytes, patience);
    if (number < 0) throw stackError(number, "fetch");
    const room = core.result(Result.POINTER);
    core.u8.set(host, room);
    core.u8.set(target, room + host.length);
    return number;
  }

  async *#read(number: number, fetch: OpenFetch): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      while (!fetch.isDone || fetch.error !== null) {
        if (fetch.error !== null) throw fetch.error;
        const ready = this.#call(FetchCall.PEEK, number);
        if (ready > 0) {
          const piece = this.#machine.core.bytes(this.#machine.core.result(Result.POINTER), ready).slice();
          this.#call(FetchCall.TAKE, number, ready);
          this.#machine.runner.wake();
          yield piece;
        } else {
          // With 0 it is over, which the news will say.
          let isNews = false;
          fetch.onNews = () => {
            isNews = true;
          };
          this.#serve();
          if (ready !== AGAIN || isNews) continue;
          this.#machine.runner.wake(); // the server's silence is counted from now on
          await this.#until(fetch, () => isNews);
        }
      }
    } finally {
      this.#end(number, fetch);
    }
  }

  // Resolves when that is so; it is looked at after all news.
  #until(fetch: OpenFetch, isSo: () => boolean): Promise<void> {
    const before = fetch.onNews;
    return new Promise((resolve) => {
      fetch.onNews = () => {
        before();
        if (!isSo()) return;
        fetch.onNews = () => {};
        resolve();
      };
      if (fetch.isDone) fetch.onNews();
    });
  }

  #end(number: number, fetch: OpenFetch): void {
    if (this.#fetches.get(number) !== fetch) return;
    this.#fetches.delete(number);
    if (!this.#machine.gone) {
      this.#call(FetchCall.END, number);
      this.#machine.runner.wake();
    }
    if (this.#fetches.size === 0) this.#machine.sockets.remove(HANDLE);
  }

  #call(operation: FetchCall, a = 0, b = 0, c = 0, d = 0): number {
    return this.#machine.core.exports.call(Application.BROWSER, operation, a, b, c, d);
  }

  // After every run of the core.
  #serve = (): void => {
    if (this.#fetches.size === 0) return;
    for (let number = this.#call(FetchCall.NEXT); number >= 0; number = this.#call(FetchCall.NEXT)) {
      const fetch = this.#fetches.get(number);
      if (fetch !== undefined) this.#tell(fetch);
    }
  };

  #tell(fetch: OpenFetch): void {
    const { core } = this.#machine;
    const news: FetchNews = core.result(FetchWord.NEWS);
    fetch.status = core.result(FetchWord.STATUS);
    if (news === FetchNews.FIELD) {
      const at = core.result(FetchWord.LINE);
      const line = core.u8.subarray(at, at + core.result(FetchWord.LINE_BYTES));
      fetch.addField(Buffer.from(line).toString("latin1"));
      return;
    }
    if (news === FetchNews.HEAD || news === FetchNews.BODY) fetch.hasHead = true;
    if (news === FetchNews.DONE) {
      fetch.isDone = true;
      fetch.error = errorOf(core.result(FetchWord.FAILURE));
    }
    fetch.onNews();
  }

  /** Its sockets are the module's own. */
  event(): void {}

  /** Gives up what is being fetched. */
  close(): void {
    this.stackGone(stackError(-Errno.ECONNABORTED, "fetch"));
  }

  stackGone(error: Error): void {
    for (const [number, fetch] of [...this.#fetches]) {
      fetch.error ??= error;
      fetch.isDone = true;
      this.#end(number, fetch);
      fetch.onNews();
    }
  }
}

function errorOf(failure: number): Error | null {
  if (failure === FetchFailure.NONE) return null;
  const code = FetchFailure[failure];
  return code === undefined ? new StackError(-failure, "fetch") : fetchError(code);
}

function fetchError(code: string): FetchError {
  return new FetchError(code, SENTENCES[code] ?? "The fetch failed.");
}

function parseUrl(text: string, base?: URL): URL {
  if (!URL.canParse(text, base))
    throw new InputError("ERR_URL", `${text} is not a URL; one looks like http://10.0.0.1/.`);
  const url = new URL(text, base);
  if (url.protocol !== "http:") throw new InputError("ERR_URL", `${url.href}: only http URLs can be fetched.`);
  return url;
}

function portOf(url: URL): number {
  return url.port === "" ? 80 : Number(url.port);
}
