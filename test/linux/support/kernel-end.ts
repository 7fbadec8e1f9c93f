// The kernel's end of an exchange (ends.ts), over Node's own sockets. Runs in the namespace.

import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { type EndOrder, Intake, PORT, tell, untilInputEnds } from "./ends.ts";
import { KERNEL, STACK } from "./network.ts";

const order = JSON.parse(process.argv[2]) as EndOrder;

function accept(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      server.close();
      resolve(socket);
    });
    server.on("error", reject);
    server.listen(PORT, KERNEL, () => tell({ event: "listening" }));
  });
}

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: STACK, port: PORT, allowHalfOpen: true }, () => resolve(socket));
    socket.on("error", reject);
  });
}

const inputEnds = untilInputEnds();
const socket = order.connects ? await open() : await accept();
const content = readFileSync(order.file);
const intake = new Intake(content.length);
const arrived = new Promise<void>((resolve, reject) => {
  socket.on("error", reject);
  socket.on("end", () => reject(new Error("the stream ended too early")));
  socket.on("data", (piece) => {
    intake.take(piece);
    if (!intake.complete) return;
    tell(intake.report());
    resolve();
  });
});
const sent = new Promise<void>((resolve) => {
  socket.write(content, () => resolve());
});
await Promise.all([arrived, sent]);
await inputEnds;
socket.end();
tell({ event: "closed", counters: {} });
