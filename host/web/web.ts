// `stack.web`: TCP and UDP in web streams, in the shape of Direct Sockets (WICG): `opened`, `closed`, `close()`, and streams
// with back-pressure both ways. Nothing of Node is used.

import type { Stack } from "../stack.ts";
import { WebTcpServerSocket } from "./tcp-server-socket.ts";
import { connectTo, WebTcpSocket } from "./tcp-socket.ts";
import type { TCPServerSocketOptions, TCPSocketOptions, UDPSocketOptions } from "./types.ts";
import { WebUdpSocket } from "./udp-socket.ts";

/** The classes of one stack. */
export interface Web {
  /** `new TCPSocket("printer.lan", 9100, { noDelay: true })` connects; `opened` tells how that went. */
  readonly TCPSocket: new (
    remoteAddress: string,
    remotePort: number,
    options?: TCPSocketOptions,
  ) => WebTcpSocket;
  /** `new TCPServerSocket("0.0.0.0", { localPort: 80 })` listens; `(await opened).readable` gives connections. */
  readonly TCPServerSocket: new (
    localAddress: string,
    options?: TCPServerSocketOptions,
  ) => WebTcpServerSocket;
  /** `new UDPSocket({ remoteAddress, remotePort })`, or `new UDPSocket({ localAddress, localPort })`. */
  readonly UDPSocket: new (
    options: UDPSocketOptions,
  ) => WebUdpSocket;
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
    TCPSocket: class TCPSocket extends WebTcpSocket {
      constructor(remoteAddress: string, remotePort: number, options: TCPSocketOptions = {}) {
        super(connectTo(context, remoteAddress, remotePort, options));
      }
    },
    TCPServerSocket: class TCPServerSocket extends WebTcpServerSocket {
      constructor(localAddress: string, options: TCPServerSocketOptions = {}) {
        super(context, localAddress, options);
      }
    },
    UDPSocket: class UDPSocket extends WebUdpSocket {
      constructor(options: UDPSocketOptions) {
        super(context, options);
      }
    },
  };
}
