// Thimble's end of an exchange (ends.ts), on the TAP. Runs in the namespace.

import { readFileSync } from "node:fs";
import type { TcpConnection } from "../../../host/socket/tcp-connection.ts";
import { createStack, realClock, type Stack } from "../../../host/stack.ts";
import { captureWire } from "../../../host/wire/capture.ts";
import { openWire } from "../../../host/wire/kinds.ts";
import { Intake, PORT, type StackOrder, tell, untilInputEnds } from "./ends.ts";

const order = JSON.parse(process.argv[2]) as StackOrder;

/** Milliseconds for one ping, and how often it is tried: the kernel takes a second to notice that its TAP has a carrier. */
const PING_MS = 1000;
const PINGS = 30;

async function startStack(): Promise<Stack> {
  const clock = realClock();
  const { wire } = await openWire(order.wire, { clock });
  const adapter = { wire: captureWire(wire, order.pcap, clock), address: order.address, mac: order.mac };
  return createStack({ wires: [adapter], clock });
}

async function accept(stack: Stack): Promise<TcpConnection> {
  const listener = await stack.listen({ port: PORT });
  tell({ event: "listening" });
  const connection = await listener.accept();
  listener.close();
  return connection;
}

async function open(stack: Stack): Promise<TcpConnection> {
  let answered = false;
  for (let attempt = 0; !answered && attempt < PINGS; attempt++) {
    answered = await stack.ping(order.peer, { timeout: PING_MS }).then(
      () => true,
      () => false,
    );
  }
  return stack.connect({ address: order.peer, port: PORT, ecn: order.ecn });
}

async function receive(connection: TcpConnection, intake: Intake): Promise<void> {
  while (!intake.complete) {
    const piece = await connection.read();
    if (piece === null) break;
    intake.take(piece);
  }
  tell(intake.report());
}

const inputEnds = untilInputEnds();
const stack = await startStack();
const connection = order.connects ? await open(stack) : await accept(stack);
const content = readFileSync(order.file);
await Promise.all([connection.write(content), receive(connection, new Intake(content.length))]);
await inputEnds;
await connection.close();
tell({ event: "closed", counters: stack.counters() });
await stack.close();
