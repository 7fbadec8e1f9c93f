// Opens connections to the stack over the kernel's sockets, so many in all and a few at once, and waits on each until
// the stack has closed it: every one leaves a record of TIME-WAIT there. Runs in the namespace.

import { connect } from "node:net";
import { STACK } from "./network.ts";

export interface ClosersOrder {
  connections: number;
  /** Of a web server. */
  port: number;
}

const AT_ONCE = 50;
/** A server of HTTP/1.0 closes when it has answered. */
const REQUEST = "HEAD /none HTTP/1.0\r\n\r\n";

const order = JSON.parse(process.argv[2]) as ClosersOrder;
let left = order.connections;

function one(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: STACK, port: order.port, allowHalfOpen: true });
    socket.on("connect", () => socket.write(REQUEST));
    socket.on("error", reject);
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve());
    socket.resume();
  });
}

async function oneAfterTheOther(): Promise<void> {
  while (left-- > 0) await one();
}

await Promise.all(Array.from({ length: AT_ONCE }, oneAfterTheOther));
