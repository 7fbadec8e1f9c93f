// `thimble echo`: gives back what it receives, over TCP and UDP (RFC 862).

import type { Command } from "commander";
import { formatEndpoint } from "../core/address.ts";
import type { TcpConnection } from "../socket/tcp-connection.ts";
import type { UdpSocket } from "../socket/udp-socket.ts";
import type { Stack } from "../stack.ts";
import { sentenceOf } from "./errors.ts";
import { addStackOptions, examples, portArgument, type StackOptions } from "./options.ts";
import { type RunningStack, startStack } from "./run-stack.ts";
import { untilSignal, untilStopped } from "./signals.ts";
import { bytesText } from "./terminal.ts";

const HELP = `
A TCP connection is echoed until its end of stream; then the stack ends its own direction, too
(half-close), so that "nc -N" gets back all it sent. Ctrl-C ends the command.`;

export function registerEcho(program: Command): void {
  const command = program
    .command("echo")
    .summary("give back what is received, over TCP and UDP")
    .description("Gives back what it receives on a port, over TCP and UDP (RFC 862).")
    .argument("<port>", "the port to listen on, 1 to 65535", portArgument);
  addStackOptions(command)
    .addHelpText("after", HELP)
    .addHelpText(
      "after",
      examples([
        ["thimble echo 7 --tap tap0 --address 10.0.0.2/24", "then: nc -N 10.0.0.2 7 < file > copy"],
        ["thimble echo 7 --wire tap:tap0,loss=3% --address 10.0.0.2/24", "behind a cable that loses 3 % of the frames"],
        ["thimble echo 7 --wire sim", "nobody to talk to, but thimble netstat -ano shows it"],
      ]),
    )
    .action(run);
}

async function run(port: number, options: StackOptions): Promise<void> {
  const stopped = untilSignal();
  const running = await startStack("echo", options);
  try {
    const services = await serveEcho(running.stack, port, (event) => report(options, event));
    announce(running, port, options);
    await untilStopped(stopped, services);
  } finally {
    await running.close();
  }
}

function announce({ addresses, wireName }: RunningStack, port: number, options: StackOptions): void {
  const [address = ""] = addresses;
  if (options.json) {
    report(options, { event: "listening", address, addresses, port });
    return;
  }
  const places = addresses.map((each) => formatEndpoint(each, port)).join(" and ");
  process.stdout.write(
    `Echoing TCP and UDP on ${places} (${wireName}). Ctrl-C ends.\n  try   nc -N ${address} ${port}\n`,
  );
}

/** Opens a port that gives back what it receives; the promises end when the stack does. */
export async function serveEcho(
  stack: Stack,
  port: number,
  onEvent: (event: EchoEvent) => void = () => {},
): Promise<Promise<void>[]> {
  const listener = await stack.listen({ port });
  const datagrams = await stack.udp({ port });
  return [accept(listener, onEvent), echoDatagrams(datagrams)];
}

async function accept(listener: AsyncIterable<TcpConnection>, onEvent: (event: EchoEvent) => void): Promise<void> {
  for await (const connection of listener) void echoConnection(connection, onEvent);
}

async function echoConnection(connection: TcpConnection, onEvent: (event: EchoEvent) => void): Promise<void> {
  const peer = { address: connection.remoteAddress, port: connection.remotePort };
  onEvent({ event: "connected", ...peer });
  let bytes = 0;
  try {
    for await (const data of connection) {
      await connection.write(data);
      bytes += data.length;
    }
    await connection.end();
    onEvent({ event: "ended", ...peer, bytes });
  } catch (error) {
    onEvent({ event: "failed", ...peer, bytes, error: sentenceOf(error) });
  } finally {
    await connection.close();
  }
}

async function echoDatagrams(socket: UdpSocket): Promise<void> {
  for await (const { data, address, port } of socket) {
    // A datagram that cannot be answered is lost, which UDP allows; the next one is another matter.
    await socket.send(data, address, port).catch(() => {});
  }
}

export interface EchoEvent {
  event: "listening" | "connected" | "ended" | "failed";
  address: string;
  /** Of a listener: all of the stack's. */
  addresses?: readonly string[];
  port: number;
  bytes?: number;
  error?: string;
}

function report(options: StackOptions, event: EchoEvent): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(event)}\n`);
    return;
  }
  const peer = formatEndpoint(event.address, event.port);
  const much = event.bytes === undefined ? "" : `, ${bytesText(event.bytes)} echoed`;
  const why = event.error === undefined ? "" : `: ${event.error}`;
  process.stdout.write(`${peer} ${event.event}${much}${why}\n`);
}
