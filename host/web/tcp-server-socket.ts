// A listening TCP socket as a stream of connections: `TCPServerSocket` of Direct Sockets.

import type { TcpListener } from "../socket/tcp-listener.ts";
import { DirectSocket } from "./direct-socket.ts";
import { networkError } from "./errors.ts";
import { WebTcpSocket } from "./tcp-socket.ts";
import type { TCPServerSocketOpenInfo, TCPServerSocketOptions } from "./types.ts";
import type { WebContext } from "./web.ts";

/** Of a listener. `closed`: it does not listen any more. */
export class WebTcpServerSocket extends DirectSocket<TcpListener, TCPServerSocketOpenInfo<WebTcpSocket>> {
  #over = false;

  constructor({ stack }: WebContext, localAddress: string, { localPort = 0, backlog }: TCPServerSocketOptions) {
    super(stack.listen({ address: localAddress, port: localPort, backlog }));
  }

  /** Stops listening; connections that nobody has read are reset. Rejects with an InvalidStateError while it is read. */
  async close(): Promise<void> {
    const { readable } = this.infoToClose((info) => [info.readable]);
    if (!this.#over) await readable.cancel();
    await this.closed;
  }

  protected override inform(listener: TcpListener): TCPServerSocketOpenInfo<WebTcpSocket> {
    const readable = new ReadableStream<WebTcpSocket>(
      {
        pull: async (controller) => {
          try {
            const connection = await listener.accept();
            if (this.#over) connection.abort();
            else controller.enqueue(new WebTcpSocket(Promise.resolve(connection)));
          } catch (error) {
            if (this.#over) return;
            this.#over = true;
            const failure = networkError(error);
            controller.error(failure);
            this.endClosed(failure);
          }
        },
        cancel: () => {
          this.#over = true;
          listener.close();
          this.endClosed();
        },
      },
      // Connections wait in the stack, where the backlog counts them.
      { highWaterMark: 0 },
    );
    return { readable, localAddress: listener.address, localPort: listener.port };
  }
}
