// A listening TCP socket as a stream of connections: `TCPServerSocket` of Direct Sockets.

import type { TcpListener } from "../socket/tcp-listener.ts";
import { invalidStateError, networkError } from "./errors.ts";
import { WebTcpSocket } from "./tcp-socket.ts";
import type { TCPServerSocketOpenInfo, TCPServerSocketOptions } from "./types.ts";
import type { WebContext } from "./web.ts";

export class WebTcpServerSocket {
  /** The stream of connections and the place. Rejects with a NetworkError, such as that of EADDRINUSE. */
  readonly opened: Promise<TCPServerSocketOpenInfo<WebTcpSocket>>;
  /** It does not listen any more; rejects with a NetworkError when the stack was closed under it. */
  readonly closed: Promise<void>;
  #settleClosed!: { resolve: () => void; reject: (error: Error) => void };
  #info: TCPServerSocketOpenInfo<WebTcpSocket> | null = null;
  #over = false;

  constructor({ stack }: WebContext, localAddress: string, options: TCPServerSocketOptions) {
    const { localPort = 0, backlog } = options;
    this.closed = new Promise((resolve, reject) => {
      this.#settleClosed = { resolve, reject };
    });
    this.opened = stack.listen({ address: localAddress, port: localPort, backlog }).then(
      (listener) => {
        this.#info = this.#inform(listener);
        return this.#info;
      },
      (error) => {
        const failure = networkError(error);
        this.#settleClosed.reject(failure);
        throw failure;
      },
    );
    this.opened.catch(() => {});
    this.closed.catch(() => {});
  }

  /** Stops listening; connections that nobody has read are reset. Rejects with an InvalidStateError while it is read. */
  async close(): Promise<void> {
    const info = this.#info;
    if (info === null) throw invalidStateError("The server is not open; wait for `opened` first.");
    if (info.readable.locked) throw invalidStateError("The stream of connections is locked; release its reader first.");
    if (!this.#over) await info.readable.cancel();
    await this.closed;
  }

  #inform(listener: TcpListener): TCPServerSocketOpenInfo<WebTcpSocket> {
    const readable = new ReadableStream<WebTcpSocket>(
      {
        pull: async (controller) => {
          try {
            controller.enqueue(new WebTcpSocket(Promise.resolve(await listener.accept())));
          } catch (error) {
            if (this.#over) return;
            this.#over = true;
            const failure = networkError(error);
            controller.error(failure);
            this.#settleClosed.reject(failure);
          }
        },
        cancel: () => {
          this.#over = true;
          listener.close();
          this.#settleClosed.resolve();
        },
      },
      // Connections wait in the stack, where the backlog counts them.
      { highWaterMark: 0 },
    );
    return { readable, localAddress: listener.address, localPort: listener.port };
  }
}
