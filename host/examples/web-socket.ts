// WebSockets over a stack, both sides: `ws` takes an agent of the stack's, and its server stands on one of node:http that
// the stack serves.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import type { Stack } from "../stack.ts";
import { type Example, runAsProgram } from "./example.ts";

/** A client of the server at `url`. */
export function webSocketOver(stack: Stack, url: string): WebSocket {
  return new WebSocket(url, { agent: url.startsWith("wss:") ? stack.httpsAgent() : stack.httpAgent() });
}

/** A server that sends back what comes; `stack.serve` gives it a port. */
export function mirrorServer(): Server {
  const server = createServer((_request, response) => response.writeHead(426).end());
  new WebSocketServer({ server }).on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return server;
}

/** Sends text, a megabyte and a ping to a mirror on port 8080, and says good-bye. */
export const webSocketExample: Example = async (stack, host) => {
  const socket = webSocketOver(stack, `ws://${host}:8080/`);
  await once(socket, "open");
  socket.send("a word");
  const [word] = await once(socket, "message");
  socket.send(Buffer.alloc(1_000_000, 7));
  const [bytes] = (await once(socket, "message")) as [Buffer];
  socket.ping("there?");
  const [pong] = await once(socket, "pong");
  socket.close(1000, "done");
  const [code] = await once(socket, "close");
  return `websocket: ${word}, ${bytes.length} bytes, ${pong} yes, closed with ${code}`;
};

await runAsProgram(import.meta.url, webSocketExample);
