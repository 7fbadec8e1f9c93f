// The kernel's end: serves pages and echoes over both versions of IP, and connects. Runs in a namespace.

import { connect, createServer, type Socket } from "node:net";
import { clientOrders, ECHO_PORT, echo, HTTP_PORT, obey, pageServer, tell } from "./talk.ts";

function open(address: string, port: number, from?: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, ...(from === undefined ? {} : { localAddress: from }) });
    socket.once("connect", () => resolve(socket)).once("error", reject);
  });
}

const pages = pageServer();
const echoes = createServer({ allowHalfOpen: true }, echo);
await Promise.all([
  new Promise<void>((resolve) => pages.listen(HTTP_PORT, "::", resolve)),
  new Promise<void>((resolve) => echoes.listen(ECHO_PORT, "::", resolve)),
]);
tell({ event: "ready" });
await obey(clientOrders(open));
process.exit(0);
