// A Thimble on a TAP that is a port of a bridge: serves pages and echoes, connects, and tells what it knows. Runs in the
// namespace of the bridge.

import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { httpStream, serveHttp } from "../../../host/cli/http-connections.ts";
import type { RecordTypeName } from "../../../host/node/dns-records.ts";
import type { TcpListener } from "../../../host/socket/tcp-listener.ts";
import { createStack, type NewsReport, realClock, type Stack } from "../../../host/stack.ts";
import { captureWire } from "../../../host/wire/capture.ts";
import { openWire } from "../../../host/wire/kinds.ts";
import type { Look, StackOrder } from "./lan.ts";
import { TAP } from "./network.ts";
import { clientOrders, ECHO_PORT, echo, HTTP_PORT, obey, pageServer, tell } from "./talk.ts";

/** What the kernel calls a port of a bridge that passes frames on. */
const FORWARDING = "3";
const LOOK_AGAIN = 20;

const order = JSON.parse(process.argv[2]) as StackOrder;
const news = { addresses: 0, conflict: 0, routers: 0 };

// The kernel takes a second to notice that its TAP has a carrier; what a machine asks until then, nobody would hear.
async function start(): Promise<Stack> {
  const clock = realClock();
  const { wire } = await openWire(`tap:${TAP}`, { clock });
  while (readFileSync(`/sys/class/net/${TAP}/brport/state`, "utf8").trim() !== FORWARDING) await setTimeout(LOOK_AGAIN);
  const captured = order.pcap === null ? wire : captureWire(wire, order.pcap, clock);
  const entropy = order.seed === null ? {} : { seed: order.seed };
  const { nameServers = [], ...adapter } = order.adapter;
  return createStack({ wires: [{ wire: captured, ...adapter }], clock, nameServers, ...entropy });
}

async function serveEchoes(listener: TcpListener): Promise<void> {
  for await (const connection of listener) echo(connection.toDuplex());
}

function look(stack: Stack): Look {
  const used = stack.memory().map(({ name, used }) => [name, used] as const);
  return {
    addresses: stack.addresses(),
    routes: stack.routes(),
    neighbors: stack.neighbors(),
    nameServers: stack.nameServers(),
    leases: stack.leases(),
    counters: stack.counters(),
    pools: Object.fromEntries(used),
    sockets: stack.sockets().map(({ state, sndMss, localAddress }) => ({ state, sndMss, localAddress })),
    news,
  };
}

const stack = await start();
stack.onNews((report: NewsReport) => {
  if (report.addresses) news.addresses++;
  if (report.conflict) news.conflict++;
  if (report.routers) news.routers++;
});
void serveHttp(pageServer(), await stack.listen({ port: HTTP_PORT }));
void serveEchoes(await stack.listen({ port: ECHO_PORT }));
tell({ event: "ready" });
await obey({
  ...clientOrders(async (address, port, from) => {
    const local = from === undefined ? {} : { localAddress: from };
    return httpStream(await stack.connect({ address, port, ...local }));
  }),
  ready: () => stack.ready(),
  look: () => look(stack),
  resolve: ({ name, type }) => stack.dns.promises.resolve(name as string, type as RecordTypeName),
  lookup: ({ name }) => stack.dns.promises.lookup(name as string, { all: true }),
  reverse: ({ address }) => stack.dns.promises.reverse(address as string),
  ping: ({ address, bytes }) => stack.ping(address as string, { bytes: (bytes as number) ?? 56 }),
});
await stack.close();
