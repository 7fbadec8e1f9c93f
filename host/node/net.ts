// `stack.net`: the module node:net over a stack.

import * as node from "node:net";
import { type Callback, callArguments, checkBoolean } from "./arguments.ts";
import { attemptTimeout } from "./net-connect.ts";
import type { NetContext } from "./net-context.ts";
import { type ServerOptions, Server as StackServer } from "./net-server.ts";
import { Socket as StackSocket } from "./net-socket.ts";
import type { AcceptedOptions } from "./net-socket-options.ts";

/** The shape of node:net. Sockets and servers are classes of the stack's own. */
export type Net = typeof node;

/** Makes the module of one stack. */
export function createNet(context: NetContext): Net {
  class Socket extends StackSocket {
    constructor(options?: AcceptedOptions | number) {
      super(context, options);
    }
  }

  class Server extends StackServer {
    constructor(options?: ServerOptions | Callback, listener?: Callback) {
      super(context, (accepted) => new Socket(accepted), options, listener);
    }
  }

  const connect = (...args: unknown[]): StackSocket => {
    const { options } = callArguments(args);
    const socket = new Socket(options as AcceptedOptions);
    if (options.timeout) socket.setTimeout(options.timeout as number);
    return socket.connect(...args);
  };

  const net = {
    Socket,
    Stream: Socket,
    Server,
    connect,
    createConnection: connect,
    createServer: (options?: ServerOptions | Callback, listener?: Callback): StackServer =>
      new Server(options, listener),
    BlockList: node.BlockList,
    SocketAddress: node.SocketAddress,
    isIP: node.isIP,
    isIPv4: node.isIPv4,
    isIPv6: node.isIPv6,
    getDefaultAutoSelectFamily: (): boolean => context.autoSelectFamily,
    setDefaultAutoSelectFamily: (value: boolean): void => {
      checkBoolean(value, "value");
      context.autoSelectFamily = value;
    },
    getDefaultAutoSelectFamilyAttemptTimeout: (): number => context.autoSelectFamilyAttemptTimeout,
    setDefaultAutoSelectFamilyAttemptTimeout: (value: number): void => {
      context.autoSelectFamilyAttemptTimeout = attemptTimeout(value, "value");
    },
  };
  return net as unknown as Net;
}
