// `thimble serve`: a web server for the files of a folder. HTTP is node's own, the files are sirv's business; what is
// ours is everything below: each connection of the stack is handed to them as a stream.

import { type ReadStream, statSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { resolve } from "node:path";
import type { Command } from "commander";
import sirv from "sirv";
import { formatEndpoint, hostText } from "../core/address.ts";
import { UsageError } from "./errors.ts";
import { serveHttp } from "./http-connections.ts";
import { addStackOptions, examples, portOption, type StackOptions } from "./options.ts";
import { type RunningStack, startStack } from "./run-stack.ts";
import { untilSignal, untilStopped } from "./signals.ts";
import { bytesText, type Colors, colorsFor } from "./terminal.ts";

interface ServeFlags extends StackOptions {
  port: number;
}

const HELP = `
A folder's index.html is its page; files and folders whose name begins with a dot are not served.
Connections are kept for further requests. Every request gets a line: peer, what was asked, status,
bytes, time. Ctrl-C ends the command.`;

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
  const server = createServer(fileHandler(root, flags));
  try {
    const listener = await running.stack.listen({ port: flags.port });
    const serving = serveHttp(server, listener);
    announce(running, root, flags);
    await untilStopped(stopped, [serving]);
    server.closeIdleConnections();
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

/** Answers GET and HEAD with the files of a folder; logs every request when its answer is out. */
function fileHandler(root: string, flags: ServeFlags): RequestListener {
  // `dev`: look at the folder at each request, not once at the start.
  const files = sirv(root, { dev: true, etag: true });
  const colors = colorsFor(process.stdout);
  return (request, response) => {
    logWhenDone(request, response, flags, colors);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      answer(response, 405, "This server only hands out files: GET and HEAD.");
    } else if (isHidden(request.url ?? "/")) {
      answer(response, 404, "There is no such file.");
    } else {
      files(request, response, () => answer(response, 404, "There is no such file."));
    }
  };
}

// In any spelling: sirv decodes the path before it looks.
function isHidden(url: string): boolean {
  const path = url.split("?")[0] ?? "";
  try {
    return decodeURIComponent(path)
      .split(/[/\\]/)
      .some((part) => part.startsWith(".") && part !== ".well-known");
  } catch {
    return true;
  }
}

function answer(response: ServerResponse, status: number, sentence: string): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end(`${sentence}\n`);
}

function logWhenDone(request: IncomingMessage, response: ServerResponse, flags: ServeFlags, colors: Colors): void {
  const began = performance.now();
  const { remoteAddress, remotePort } = request.socket;
  let file: ReadStream | null = null;
  response.on("pipe", (source: ReadStream) => {
    file = source;
    // sirv does not hear of the file's own errors (no permission, gone meanwhile).
    source.on("error", () => response.destroy());
  });
  response.on("close", () => {
    const access: Access = {
      peer: formatEndpoint(remoteAddress ?? "", remotePort ?? 0),
      method: request.method ?? "",
      url: request.url ?? "",
      status: response.statusCode,
      bytes: request.method === "HEAD" ? 0 : (file?.bytesRead ?? 0),
      milliseconds: Math.round((performance.now() - began) * 10) / 10,
      complete: response.writableFinished,
    };
    const line = flags.json ? `${JSON.stringify({ event: "request", ...access })}\n` : accessLine(access, colors);
    process.stdout.write(line);
  });
}

interface Access {
  peer: string;
  method: string;
  url: string;
  status: number;
  /** Of the file; 0 for an answer without one. */
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
  return `${colors.dim(time)} ${peer} ${method} ${JSON.stringify(url).slice(1, -1)} ${shown} ${much}${end}\n`;
}
