// `thimble serve`: the module's web server, with the files of a folder for pages.

import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { pageInFolder } from "../applications/folder-pages.ts";
import type { WebReport } from "../applications/web-server.ts";
import { formatEndpoint, hostText } from "../core/address.ts";
import { UsageError } from "./errors.ts";
import { addStackOptions, examples, portOption, type StackOptions } from "./options.ts";
import { type RunningStack, startStack } from "./run-stack.ts";
import { untilSignal, untilStopped } from "./signals.ts";
import { bytesText, type Colors, colorsFor } from "./terminal.ts";

interface ServeFlags extends StackOptions {
  port: number;
}

const HELP = `
A folder's index.html is its page; files and folders whose name begins with a dot are not served.
The server runs inside the stack's module: HTTP/1.1 with ranges and conditions, GET and HEAD; the
profiles node and tiny-web have it. Connections are kept for further requests. Every request gets a
line: peer, what was asked, status, bytes, time. Ctrl-C ends the command.`;

export function registerServe(program: Command): void {
  const command = program
    .command("serve")
    .summary("serve the files of a folder over HTTP")
    .description("Serves the files of a folder over HTTP.")
    .argument("[folder]", "what to serve", ".")
    .option("-p, --port <number>", "the port to listen on, 1 to 65535", portOption, 80);
  addStackOptions(command)
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble serve public --tap tap0 --address 10.0.0.2/24", "then: curl http://10.0.0.2/"],
        ["thimble serve . --tap tap0 --address 10.0.0.2/24 --pcap serve.pcap", "and keep all frames for Wireshark"],
        ["thimble serve . --tap tap0 --address 10.0.0.2/24,2001:db8::2/64", "over both versions of IP"],
        ["thimble serve . --tap tap0 --autoconfigure", "at the addresses that a router's prefixes give"],
        ["thimble serve . --wire tap:tap0,delay=50ms,loss=2% --address 10.0.0.2/24", "behind a long, bad cable"],
        ["thimble serve . --wire sim", "nobody to serve, but thimble netstat -ano shows it"],
      ]),
    )
    .action(run);
}

async function run(folder: string, flags: ServeFlags): Promise<void> {
  const root = folderOf(folder);
  const stopped = untilSignal();
  const running = await startStack("serve", flags);
  try {
    const server = await running.stack.serveWeb({
      port: flags.port,
      page: ({ target }) => pageInFolder(root, target),
      onReport: reporter(flags),
    });
    announce(running, root, flags);
    await untilStopped(stopped, [server.closed]);
  } finally {
    await running.close();
  }
}

function folderOf(text: string): string {
  const status = statSync(text, { throwIfNoEntry: false });
  if (!status) throw new UsageError(`There is no folder ${text}.`);
  if (!status.isDirectory()) throw new UsageError(`${text} is not a folder; give the folder that the file is in.`);
  return resolve(text);
}

function announce({ addresses, wireName }: RunningStack, root: string, flags: ServeFlags): void {
  const { port } = flags;
  const urls = addresses.map((each) => `http://${hostText(each)}${port === 80 ? "" : `:${port}`}/`);
  const [url = ""] = urls;
  if (flags.json) {
    const [address = ""] = addresses;
    const event = { event: "listening", folder: root, url, urls, address, addresses, port };
    process.stdout.write(`${JSON.stringify(event)}\n`);
    return;
  }
  const colors = colorsFor(process.stdout);
  const places = urls.map((each) => colors.cyan(each)).join(" and ");
  const lines = [
    `Serving ${colors.bold(root)} at ${places} (${wireName}). Ctrl-C ends.`,
    `  try     curl ${url}`,
    `  watch   thimble netstat -ano`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** Prints a line for every request when its answer is out. */
function reporter(flags: ServeFlags): (report: WebReport) => void {
  const colors = colorsFor(process.stdout);
  return ({ remote, method, target, status, bytes, time, complete }) => {
    const access: Access = {
      peer: formatEndpoint(remote.address, remote.port),
      method,
      url: target,
      status,
      bytes,
      milliseconds: Math.round(time / 100) / 10,
      complete,
    };
    const line = flags.json ? `${JSON.stringify({ event: "request", ...access })}\n` : accessLine(access, colors);
    process.stdout.write(line);
  };
}

interface Access {
  peer: string;
  /** Empty, as the URL, when the request could not be read. */
  method: string;
  url: string;
  status: number;
  /** Of the page; 0 for an answer without one. */
  bytes: number;
  milliseconds: number;
  complete: boolean;
}

function accessLine(access: Access, colors: Colors): string {
  const { peer, method, url, status } = access;
  const time = new Date().toLocaleTimeString("en-GB");
  const shown = status < 300 ? colors.green(status) : status < 400 ? colors.cyan(status) : colors.yellow(status);
  const end = access.complete ? "" : ` ${colors.red("broken off")}`;
  const much = `${bytesText(access.bytes)} ${access.milliseconds} ms`;
  return `${colors.dim(time)} ${peer} ${method || "-"} ${JSON.stringify(url).slice(1, -1) || "-"} ${shown} ${much}${end}\n`;
}
