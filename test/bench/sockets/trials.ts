// What streams of Node's shape are measured by: bulk, round trips and connections, between two ends in this process, over
// whatever has the shape of `node:net`.

import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Trial } from "../benchmark.ts";
import { Payload } from "../payload.ts";

/** What a trial needs of `node:net` or of a stack's `net`. */
export interface Net {
  createServer(options: { allowHalfOpen?: boolean; noDelay?: boolean }, onConnection: (socket: Socket) => void): Server;
  connect(options: { port: number; host: string; noDelay?: boolean; allowHalfOpen?: boolean }): Socket;
}

/** Two ends that reach each other. */
export interface Sockets {
  readonly near: Net;
  readonly far: Net;
  /** Addresses of the far end, to be connected to in turn: where there are many, each has ports of its own. */
  readonly addresses: readonly string[];
}

/** Payload of an operation of bulk, and of a round trip, in bytes. */
export const PIECE_BYTES = 1460;

async function listen(far: Net, onConnection: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = far.createServer({ allowHalfOpen: true, noDelay: true }, onConnection).listen(0, "0.0.0.0");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

async function connected(sockets: Sockets): Promise<{ near: Socket; far: Socket; end: () => Promise<void> }> {
  let accept: (socket: Socket) => void = () => {};
  const accepted = new Promise<Socket>((resolve) => {
    accept = resolve;
  });
  const { server, port } = await listen(sockets.far, (socket) => accept(socket));
  const near = sockets.near.connect({ port, host: sockets.addresses[0], noDelay: true });
  const far = await accepted;
  const end = async (): Promise<void> => {
    near.destroy();
    far.destroy();
    server.close();
    await once(server, "close");
  };
  return { near, far, end };
}

/** One operation: so many bytes one way. */
export async function bulkTrial(sockets: Sockets): Promise<Trial> {
  const { near, far, end } = await connected(sockets);
  const payload = new Payload(PIECE_BYTES, 44); // one write is 64 KB, as from a file
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
    target = received + segments * PIECE_BYTES;
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

/** One operation: `bytes` bytes to the other end, which sends them back. */
export async function roundTripTrial(sockets: Sockets, bytes: number): Promise<Trial> {
  const { near, far, end } = await connected(sockets);
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

/** One operation: a connection is opened, carries a byte each way, and is closed by the client. */
export async function connectionTrial({ near, far, addresses }: Sockets): Promise<Trial> {
  const { server, port } = await listen(far, (socket) => {
    socket.on("data", () => socket.write("!")).on("end", () => socket.end());
    socket.on("error", () => {});
  });
  let made = 0;
  const one = async (): Promise<void> => {
    const socket = near.connect({ port, host: addresses[made++ % addresses.length], allowHalfOpen: true });
    socket.write("?");
    const [answer] = await once(socket, "data");
    if (answer.toString() !== "!") throw new Error("Another byte came than was sent.");
    socket.end().resume();
    await once(socket, "close");
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
