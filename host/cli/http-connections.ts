// node:http over connections of the stack: its server gets them as streams, its client is given one to use.

import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import type { TcpConnection } from "../socket/tcp-connection.ts";
import type { TcpListener } from "../socket/tcp-listener.ts";

/** A stream with what node:http needs of a socket to end connections that idle. */
type TimedDuplex = Duplex & { setTimeout(milliseconds: number, onTimeout?: () => void): Duplex };

/** Feeds an http server with what a listener accepts; resolves when the listener is closed. */
export async function serveHttp(server: Server, listener: TcpListener): Promise<void> {
  for await (const connection of listener) server.emit("connection", httpStream(connection));
}

/** A connection as node:http likes it. */
export function httpStream(connection: TcpConnection): Duplex {
  // As node does for sockets of its own: a request or an answer is written in one piece and should not wait.
  connection.setNoDelay(true);
  const stream = connection.toDuplex() as TimedDuplex;
  if (typeof stream.setTimeout !== "function") addTimeout(stream);
  // http listens for errors while a request is under way; between requests a reset must not end the process.
  stream.on("error", () => stream.destroy());
  return stream;
}

// net.Socket's setTimeout as far as http's server uses it: set when a response is done, set to 0 by the next request.
function addTimeout(stream: TimedDuplex): void {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => clearTimeout(timer);
  stream.setTimeout = (milliseconds, onTimeout) => {
    stop();
    if (onTimeout) stream.once("timeout", onTimeout);
    timer = milliseconds > 0 ? setTimeout(() => stream.emit("timeout"), milliseconds).unref() : undefined;
    return stream;
  };
  stream.on("close", stop);
}
