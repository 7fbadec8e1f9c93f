// What a socket may be given when it is made, and what of that its stream gets.

import type { DuplexOptions } from "node:stream";
import type { TcpHandle } from "./tcp-handle.ts";

/** What `onread` gives: memory for what comes, or a function that does, and who is told of it. */
export interface OnReadOptions {
  buffer: Uint8Array | (() => Uint8Array);
  /** False: no more for now. */
  callback(bytes: number, buffer: Uint8Array): boolean | undefined;
}

export interface SocketOptions {
  allowHalfOpen?: boolean;
  readable?: boolean;
  writable?: boolean;
  signal?: AbortSignal;
  onread?: OnReadOptions;
  noDelay?: boolean;
  keepAlive?: boolean;
  /** Milliseconds. */
  keepAliveInitialDelay?: number;
  highWaterMark?: number;
  readableHighWaterMark?: number;
  writableHighWaterMark?: number;
  encoding?: BufferEncoding;
  defaultEncoding?: BufferEncoding;
  fd?: number;
}

/** What a server adds for a connection that it has accepted. */
export interface AcceptedOptions extends SocketOptions {
  handle?: TcpHandle;
  pauseOnCreate?: boolean;
  /** The server that has accepted it. */
  server?: object;
  /** Tells the server that the connection is no more. */
  onDestroyed?: () => void;
}

// Text is not made to bytes before it is sent, so that lengths are those that Node tells; "close" is ours to emit. Always
// of one shape, for the constructors of streams look for many options.
export function streamOptions(given: AcceptedOptions): DuplexOptions {
  const options: DuplexOptions & Pick<SocketOptions, "readable" | "writable"> = {
    allowHalfOpen: Boolean(given.allowHalfOpen),
    readable: given.readable,
    writable: given.writable,
    highWaterMark: given.highWaterMark,
    readableHighWaterMark: given.readableHighWaterMark,
    writableHighWaterMark: given.writableHighWaterMark,
    encoding: given.encoding,
    defaultEncoding: given.defaultEncoding,
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  };
  return options;
}
