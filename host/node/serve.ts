// Servers of Node's upper layers (http, https, http2, tls) on a port of a stack.

import type { EventEmitter } from "node:events";
import type { Server } from "node:net";
import type { Net } from "./net.ts";

/** A server that takes its connections by the event "connection", as all of Node's do that stand upon node:net. */
export type UpperServer = Pick<EventEmitter, "emit">;

export interface ServeOptions {
  /** 0: chosen by the stack. */
  port: number;
  /** Default: any of the machine's. */
  host?: string;
  /** Connections that may wait to be accepted; default 511. */
  backlog?: number;
  /** Ends the listening, as `close` of the server that is returned does. */
  signal?: AbortSignal;
}

/**
 * Listens, and hands every connection to the server above. Resolves to the server of node:net in between, whose `address`
 * and `close` are the port's. Rejects with EADDRINUSE, EADDRNOTAVAIL, and with the signal's reason when that came first.
 */
export function serve(net: Net, above: UpperServer, options: ServeOptions): Promise<Server> {
  // As Node's servers of HTTP do it for themselves: an end that comes in does not end what goes out.
  const listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    above.emit("connection", socket);
  });
  return new Promise((resolve, reject) => {
    listener.once("error", reject);
    listener.once("close", () => reject(options.signal?.reason));
    listener.listen(options, () => {
      listener.off("error", reject);
      // Node's server of HTTP begins to look after its time-outs when it hears this.
      above.emit("listening");
      resolve(listener);
    });
  });
}
