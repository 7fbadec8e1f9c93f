// A TCP connection as web streams: `TCPSocket` of Direct Sockets.

import type { TcpConnection } from "../socket/tcp-connection.ts";
import { bytesOf, ownBytes } from "./chunks.ts";
import { DirectSocket } from "./direct-socket.ts";
import { networkError } from "./errors.ts";
import { addressesOf } from "./names.ts";
import type { TCPSocketOpenInfo, TCPSocketOptions } from "./types.ts";
import type { WebContext } from "./web.ts";

/** Connects to a name's addresses one after the other. Rejects with the error of the last one. */
export async function connectTo(
  context: WebContext,
  name: string,
  port: number,
  options: TCPSocketOptions,
): Promise<TcpConnection> {
  const { noDelay = false, keepAliveDelay } = options;
  const keepAlive = keepAliveDelay === undefined ? {} : { keepAlive: true, keepAliveInitialDelay: keepAliveDelay };
  let failure: unknown;
  for (const address of await addressesOf(context, name, options.dnsQueryType)) {
    try {
      return await context.stack.connect({ address, port, noDelay, ...keepAlive });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Of a connection that is being made, or that a server has accepted. `closed`: both directions have ended. */
export class WebTcpSocket extends DirectSocket<TcpConnection, TCPSocketOpenInfo> {
  /** Directions that have not ended. */
  #open = 2;
  /** The stream of what comes has neither ended nor failed nor been cancelled. */
  #reading = true;
  #failure: DOMException | null = null;
  #readableController: ReadableByteStreamController | null = null;
  #writableController: WritableStreamDefaultController | null = null;

  /**
   * Sends what was written, ends the connection, and throws away what still comes. Rejects with an InvalidStateError before
   * it is open, and while one of the streams is locked: then its reader or writer is who ends it.
   */
  async close(): Promise<void> {
    const { readable, writable } = this.infoToClose((info) => [info.readable, info.writable]);
    if (this.#open > 0) await Promise.all([writable.close().catch(() => {}), readable.cancel()]);
    await this.closed;
  }

  protected override inform(connection: TcpConnection): TCPSocketOpenInfo {
    const { remoteAddress, remotePort, localAddress, localPort } = connection;
    return {
      readable: this.#makeReadable(connection),
      writable: this.#makeWritable(connection),
      ...{ remoteAddress, remotePort, localAddress, localPort },
    };
  }

  // Nothing is read ahead: the window is as open as the receive buffer of the stack is empty.
  #makeReadable(connection: TcpConnection): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      type: "bytes",
      start: (controller) => {
        this.#readableController = controller;
      },
      pull: async (controller) => {
        try {
          const data = await connection.read();
          if (!this.#reading) return; // what was still on its way when nobody wanted it any more
          if (data !== null) controller.enqueue(ownBytes(data));
          else this.#endReadable(connection, controller);
        } catch (error) {
          this.#fail(error);
        }
      },
      cancel: () => {
        this.#reading = false;
        this.#ended(connection);
      },
    });
  }

  #endReadable(connection: TcpConnection, controller: ReadableByteStreamController): void {
    this.#reading = false;
    controller.close();
    controller.byobRequest?.respond(0);
    this.#ended(connection);
  }

  #makeWritable(connection: TcpConnection): WritableStream<BufferSource> {
    return new WritableStream({
      start: (controller) => {
        this.#writableController = controller;
        // A write that waits for the peer is over at once; `abort` below would only come after it.
        controller.signal.addEventListener("abort", () => connection.abort());
      },
      write: async (chunk) => {
        const bytes = bytesOf(chunk);
        try {
          await connection.write(bytes);
        } catch (error) {
          throw this.#fail(error);
        }
      },
      close: async () => {
        try {
          await connection.end();
        } catch (error) {
          throw this.#fail(error);
        }
        this.#ended(connection);
      },
      abort: (reason) => {
        this.#fail(reason ?? new Error("The socket was aborted."));
      },
    });
  }

  #ended(connection: TcpConnection): void {
    if (this.#failure !== null || --this.#open > 0) return;
    connection.close().then(
      () => this.endClosed(),
      (error) => this.#fail(error),
    );
  }

  /** Ends both directions with one error, the first there was. */
  #fail(cause: unknown): DOMException {
    if (this.#failure === null) {
      const failure = networkError(cause);
      this.#failure = failure;
      this.#reading = false;
      this.#open = 0;
      this.#readableController?.error(failure);
      this.#writableController?.error(failure);
      this.endClosed(failure);
    }
    return this.#failure;
  }
}
