// What a Node program has without any of this: the system's stack over loopback, by node:net and node:dgram.

import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Trial } from "../benchmark.ts";
import { Payload } from "../payload.ts";
import { bulkTrial, connectionTrial, roundTripTrial, type Sockets } from "../sockets/trials.ts";
import type { Offer } from "./contestant.ts";
import { type Work, WorkKind } from "./works.ts";

const VOLLEY = 64;
/** Addresses to connect to in turn: each has its own ports in TIME-WAIT. */
const ADDRESSES = Array.from({ length: 200 }, (_, i) => `127.0.0.${1 + i}`);
const NODE = { connect, createServer };
/** Node's own sockets, over loopback. */
export const NODE_SOCKETS: Sockets = { near: NODE, far: NODE, addresses: ADDRESSES };
/** The system chooses the window by itself, so this is the only bulk row. */
const BULK = "bulk";

export function nodeOffer(): Offer {
  return {
    contestants: [{ name: "node-net", arrangement: "kernel", prepare: trialOf }],
    configuration: [
      "node-net: node:net and node:dgram over loopback; the system chooses windows, and has its own clock",
    ],
    missing: [],
  };
}

async function trialOf(work: Work): Promise<Trial | null> {
  switch (work.kind) {
    case WorkKind.BULK:
      return work.name === BULK ? bulkTrial(NODE_SOCKETS) : null;
    case WorkKind.ROUND_TRIPS:
      return roundTripTrial(NODE_SOCKETS, work.bytes);
    case WorkKind.CONNECTIONS:
      return work.name === "connections" ? connectionTrial(NODE_SOCKETS) : null;
    case WorkKind.DATAGRAMS:
      return datagramTrial(work.bytes);
  }
}

async function datagramTrial(bytes: number): Promise<Trial> {
  const near: DatagramSocket = createSocket("udp4");
  const far: DatagramSocket = createSocket("udp4");
  far.bind(0, "127.0.0.1");
  await once(far, "listening");
  near.connect(far.address().port, "127.0.0.1");
  await once(near, "connect");
  const payload = new Payload(bytes);
  let sent = 0;
  let received = 0;
  let target = 0;
  let done: () => void = () => {};
  const volley = (): void => {
    for (let i = 0; i < VOLLEY && sent < target; i++, sent++) near.send(payload.at(sent * bytes, bytes));
  };
  far.on("message", (data) => {
    payload.check(received * bytes, data, 0, data.length);
    received++;
    if (received === target) done();
    else if (received === sent) volley();
  });
  const run = async (count: number): Promise<void> => {
    target = received + count;
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    volley();
    await all;
  };
  const end = async (): Promise<void> => {
    near.close();
    far.close();
  };
  return { run, end };
}
