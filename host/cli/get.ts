// `thimble get`: fetches a page over HTTP with the module's browser.

import { createWriteStream } from "node:fs";
import { STATUS_CODES } from "node:http";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import type { FetchedPage } from "../applications/browser.ts";
import { pageOfBytes } from "../applications/web-server.ts";
import { splitZone } from "../core/address.ts";
import type { Stack } from "../stack.ts";
import { DEMO_PAGE } from "./demo-page.ts";
import { Failure, sentenceOf, UsageError } from "./errors.ts";
import { addressArgument, addStackOptions, examples, type StackOptions, seconds } from "./options.ts";
import { type RunningStack, startStack } from "./run-stack.ts";
import { bytesText, rateText } from "./terminal.ts";

interface GetFlags extends StackOptions {
  output?: string;
  /** Seconds. */
  timeout: number;
}

/** What came of a request. */
interface Outcome {
  page: FetchedPage;
  bytes: number;
  /** From the first SYN to the last byte. */
  milliseconds: number;
}

const PROGRESS_EVERY_MS = 100;

const HELP = `
The page goes to stdout, or to a file with -o. The browser inside the stack's module asks for it,
follows pages that lead elsewhere, and reads no faster than the page can be written. Names are not
looked up yet: the URL has the server's address, an IPv6 one in brackets. On a simulated cable the
machine at the other end has that address, and one page to serve.`;

export function registerGet(program: Command): void {
  const command = program
    .command("get")
    .summary("fetch a page over HTTP")
    .description("Fetches a page over HTTP. Exit code 1 when there was none, or the server's status is 400 or above.")
    .argument("<url>", "what to fetch, as in http://10.0.0.1/index.html", urlArgument)
    .option("-o, --output <file>", "write the page to a file")
    .option("-m, --timeout <seconds>", "give up when nothing has come for so long", timeoutOption, 30);
  addStackOptions(command)
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble get http://10.0.0.2/ --wire sim", "the page of a second machine on a simulated cable"],
        ["thimble get http://[2001:db8::2]/ --wire sim", "the same over IPv6"],
        ["thimble get http://10.0.0.1/big -o big --tap tap0 --address 10.0.0.2/24", "from a server behind a TAP"],
        ["thimble get http://10.0.0.2/ --wire sim:loss=20%,delay=20ms --pcap get.pcap", "with losses, for Wireshark"],
      ]),
    )
    .action(run);
}

async function run(url: URL, flags: GetFlags): Promise<void> {
  const running = await startStack("get", flags, { target: hostOf(url) });
  try {
    if (running.far) await servePage(running.far, portOf(url));
    const body: Buffer[] = [];
    const outcome = await fetchTo(running, url, flags, body);
    report(flags, outcome, body);
  } finally {
    await running.close();
  }
}

async function fetchTo({ stack }: RunningStack, url: URL, flags: GetFlags, body: Buffer[]): Promise<Outcome> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), flags.timeout * 1000);
  const began = performance.now();
  let bytes = 0;
  try {
    const page = await stack.browse(url.href, { timeout: flags.timeout * 1000 });
    const total = Number(page.headers["content-length"] ?? Number.NaN);
    const progress = progressLine(total, began);
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const piece of page.body) {
        bytes += piece.length;
        timer.refresh();
        progress(bytes);
        yield piece;
      }
    };
    const target = targetOf(flags, body);
    await pipeline(Readable.from(counted()), target, { signal: silence.signal, end: flags.output !== undefined });
    progress(bytes, true);
    return { page, bytes, milliseconds: performance.now() - began };
  } catch (error) {
    const waited = `Nothing has come from ${url.host} for ${flags.timeout} seconds`;
    if (silence.signal.aborted) throw new Failure(`${waited}; ${bytesText(bytes)} were there by then.`);
    if (bytes > 0) throw new Failure(`The page broke off after ${bytesText(bytes)}: ${sentenceOf(error)}`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function targetOf(flags: GetFlags, body: Buffer[]): Writable {
  if (flags.output !== undefined) return createWriteStream(flags.output);
  if (!flags.json) return process.stdout;
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      body.push(chunk);
      done();
    },
  });
}

// A line on stderr that is written over, where stderr is a terminal and the page does not run through the same one.
function progressLine(total: number, began: number): (bytes: number, last?: boolean) => void {
  if (!process.stderr.isTTY) return () => {};
  let next = began + PROGRESS_EVERY_MS;
  return (bytes, last = false) => {
    const now = performance.now();
    if (now < next && !last) return;
    next = now + PROGRESS_EVERY_MS;
    const share = total > 0 ? ` of ${bytesText(total)}, ${Math.floor((100 * bytes) / total)} %` : "";
    const line = `${bytesText(bytes)}${share}, ${rateText(bytes, (now - began) / 1000)}`;
    process.stderr.write(`\r\x1b[K${line}${last ? "\n" : ""}`);
  };
}

function report(flags: GetFlags, { page, bytes, milliseconds }: Outcome, body: Buffer[]): void {
  const { url, status, headers } = page;
  if (flags.json) {
    const page = flags.output === undefined ? { body: Buffer.concat(body).toString() } : { output: flags.output };
    const figures = { bytes, milliseconds: Math.round(milliseconds) };
    process.stdout.write(`${JSON.stringify({ url, status, headers, ...figures, ...page }, null, 2)}\n`);
  }
  if (status >= 400) throw new Failure(`The server answered ${status} ${STATUS_CODES[status] ?? ""} for ${url}.`);
}

// The machine at the other end of a simulated cable has one page, whatever it is asked for.
async function servePage(far: Stack, port: number): Promise<void> {
  const page = pageOfBytes(Buffer.from(DEMO_PAGE), "text/html; charset=utf-8");
  await far.serveWeb({ port, page: () => page });
}

function portOf(url: URL): number {
  return url.port === "" ? 80 : Number(url.port);
}

/** The server's address, without the brackets that IPv6 has in URLs. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

function urlArgument(text: string): URL {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const unzoned = withoutZone(withScheme);
  if (!URL.canParse(unzoned)) {
    throw new UsageError(`${text} is not a URL; one looks like http://10.0.0.1/ or http://[2001:db8::1]/.`);
  }
  const url = new URL(unzoned);
  if (url.protocol !== "http:") throw new UsageError(`${text}: only http URLs can be fetched so far.`);
  if (!/^(\[.*\]|[\d.]+)$/.test(url.hostname)) {
    throw new UsageError(`${text}: names are not looked up yet; give the server's address, as in http://10.0.0.1/.`);
  }
  return url;
}

// A URL as such has no place for a zone; people write it as in addresses, or with its percent sign escaped (RFC 6874).
function withoutZone(text: string): string {
  const [, before = "", host = "", after = ""] = /^([^[]*)\[([^\]]*)\](.*)$/.exec(text) ?? [];
  const { address, zone } = splitZone(host);
  if (zone === null) return text;
  return `${before}[${addressArgument("URL", `${address}%${zone.replace(/^25(?=.)/, "")}`)}]${after}`;
}

function timeoutOption(text: string): number {
  return seconds("--timeout", text, 0.1, 86400);
}
