// What a Node program has without any of this: the system's stack over loopback, by node:net and node:dgram.

import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Trial } from "../benchmark.ts";
import { Payload } from "../payload.ts";
import type { Offer } from "./contestant.ts";
import { SEGMENT_BYTES, type Work, WorkKind } from "./works.ts";

const VOLLEY = 64;
/** Addresses to connect to in turn: each has its own ports in TIME-WAIT. */
const ADDRESSES = 200;
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
      return work.name === BULK ? bulkTrial() : null;
    case WorkKind.ROUND_TRIPS:
      return roundTripTrial(work.bytes);
    case WorkKind.CONNECTIONS:
      return work.name === "connections" ? connectionTrial() : null;
    case WorkKind.DATAGRAMS:
      return datagramTrial(work.bytes);
  }
}

async function listen(onConnection: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, onConnection).listen(0, "0.0.0.0");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

async function connected(): Promise<{ near: Socket; far: Socket; end: () => Promise<void> }> {
  let accept: (socket: Socket) => void = () => {};
  const accepted = new Promise<Socket>((resolve) => {
    accept = resolve;
  });
  const { server, port } = await listen((socket) => accept(socket));
  const near = connect({ port, host: "127.0.0.1", noDelay: true });
  const far = await accepted;
  far.setNoDelay(true);
  const end = async (): Promise<void> => {
    near.destroy();
    far.destroy();
    server.close();
    await once(server, "close");
  };
  return { near, far, end };
}

async function bulkTrial(): Promise<Trial> {
  const { near, far, end } = await connected();
  const payload = new Payload(SEGMENT_BYTES, 44);
  const { block } = payload;
  let written = 0;
  let received = 0;
  let target = 0;
  let arrived: () => void = () => {};
  far.on("data", (data) => {
    payload.check(received, data, 0, data.length);
    received += data.length;
    if (received === target) arrived();
  });
  const run = async (segments: number): Promise<void> => {
    target = received + segments * SEGMENT_BYTES;
    const all = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    while (written < target) {
      const start = written % block.length;
      const data = block.subarray(start, start + target - written);
      written += data.length;
      if (!near.write(data)) await once(near, "drain");
    }
    await all;
  };
  return { run, end };
}

async function roundTripTrial(bytes: number): Promise<Trial> {
  const { near, far, end } = await connected();
  const payload = new Payload(bytes);
  let asked = 0;
  let answered = 0;
  let target = 0;
  let done: () => void = () => {};
  far.on("data", (data) => {
    payload.check(asked, data, 0, data.length);
    asked += data.length;
    far.write(payload.at(asked - data.length, data.length));
  });
  near.on("data", (data) => {
    payload.check(answered, data, 0, data.length);
    answered += data.length;
    if (answered === target) done();
    else if (answered % bytes === 0) near.write(payload.at(answered, bytes));
  });
  const run = async (trips: number): Promise<void> => {
    target = answered + trips * bytes;
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    near.write(payload.at(answered, bytes));
    await all;
  };
  return { run, end };
}

async function connectionTrial(): Promise<Trial> {
  const { server, port } = await listen((far) => {
    far.on("data", () => far.write("!")).on("end", () => far.end());
    far.on("error", () => {});
  });
  let made = 0;
  const one = async (): Promise<void> => {
    const near = connect({ port, host: `127.0.0.${1 + (made++ % ADDRESSES)}`, allowHalfOpen: true });
    near.write("?");
    const [answer] = await once(near, "data");
    if (answer.toString() !== "!") throw new Error("Another byte came than was sent.");
    near.end().resume();
    await once(near, "close");
  };
  return {
    run: async (count) => {
      for (let i = 0; i < count; i++) await one();
    },
    end: async () => {
      server.close();
      await once(server, "close");
    },
  };
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
