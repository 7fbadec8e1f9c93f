// `stack.dgram`: the module node:dgram over a stack.

import type * as node from "node:dgram";
import { type DatagramSocketOptions, type SocketType, Socket as StackSocket } from "./dgram-socket.ts";
import type { NetContext } from "./net-context.ts";

/** The shape of node:dgram. Sockets are of a class of the stack's own. */
export type Dgram = Pick<typeof node, "Socket" | "createSocket">;

/** Makes the module of one stack. */
export function createDgram(context: Pick<NetContext, "machine" | "lookup">): Dgram {
  class Socket extends StackSocket {
    constructor(options: DatagramSocketOptions | SocketType, listener?: ConstructorParameters<typeof StackSocket>[2]) {
      super(context, options, listener);
    }
  }
  const createSocket = (...args: ConstructorParameters<typeof Socket>): StackSocket => new Socket(...args);
  return { Socket, createSocket } as unknown as Dgram;
}
