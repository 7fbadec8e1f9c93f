// `stack.web`: TCP and UDP in web streams, in the shape of Direct Sockets (WICG): `opened`, `closed`, `close()`, and streams
// with back-pressure both ways. Nothing of Node is used.

import type { Stack } from "../stack.ts";
import { TCPServerSocket as StackTCPServerSocket } from "./tcp-server-socket.ts";
import { connectTo, TCPSocket as StackTCPSocket } from "./tcp-socket.ts";
import type { TCPServerSocketOptions, TCPSocketOptions, UDPSocketOptions } from "./types.ts";
import { UDPSocket as StackUDPSocket } from "./udp-socket.ts";

/** The classes of one stack. */
export interface Web {
  /** `new TCPSocket("printer.lan", 9100, { noDelay: true })` connects; `opened` tells how that went. */
  readonly TCPSocket: new (
    remoteAddress: string,
    remotePort: number,
    options?: TCPSocketOptions,
  ) => StackTCPSocket;
  /** `new TCPServerSocket("0.0.0.0", { localPort: 80 })` listens; `(await opened).readable` gives connections. */
  readonly TCPServerSocket: new (
    localAddress: string,
    options?: TCPServerSocketOptions,
  ) => StackTCPServerSocket;
  /** `new UDPSocket({ remoteAddress, remotePort })`, or `new UDPSocket({ localAddress, localPort })`. */
  readonly UDPSocket: new (
    options: UDPSocketOptions,
  ) => StackUDPSocket;
}

/** What the sockets have of their stack. */
export interface WebContext {
  readonly stack: Pick<Stack, "connect" | "listen" | "udp">;
  /** Addresses of a name, the best first. Rejects when there are none. */
  readonly find: (hostname: string) => Promise<string[]>;
}

export function createWeb(stack: WebContext["stack"], find: WebContext["find"]): Web {
  const context: WebContext = { stack, find };
  return {
    TCPSocket: class TCPSocket extends StackTCPSocket {
      constructor(remoteAddress: string, remotePort: number, options: TCPSocketOptions = {}) {
        super(connectTo(context, remoteAddress, remotePort, options));
      }
    },
    TCPServerSocket: class TCPServerSocket extends StackTCPServerSocket {
      constructor(localAddress: string, options: TCPServerSocketOptions = {}) {
        super(context, localAddress, options);
      }
    },
    UDPSocket: class UDPSocket extends StackUDPSocket {
      constructor(options: UDPSocketOptions) {
        super(context, options);
      }
    },
  };
}
