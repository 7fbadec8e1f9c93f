// Frames over a stream of bytes: each behind its length, four bytes, the highest first. So QEMU does it with `-netdev stream`,
// and passt after it.

import type { Duplex } from "node:stream";
import { MAX_FRAME_BYTES } from "../mac/ring-mac.ts";
import { FramePadder } from "./padding.ts";

const LENGTH_BYTES = 4;
/** Bytes that may wait for a peer that does not read; what comes then is lost, as on a wire. */
const MOST_WAITING = 1 << 20;

export interface SocketOwner {
  /** A frame has come, at least as long as a MAC would send it. Valid during the call only. */
  receive(frame: Uint8Array): void;
  /** The socket has gone, by itself. */
  gone(): void;
}

/** One socket that carries frames. It does not keep the process alive: sockets of the stack do. */
export class FramedSocket {
  readonly #socket: Duplex;
  readonly #owner: SocketOwner;
  readonly #padder = new FramePadder();
  /** What has come of a frame that is not complete. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Duplex & { unref?(): unknown }, owner: SocketOwner) {
    this.#socket = socket;
    this.#owner = owner;
    socket.unref?.();
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    // What went wrong with a peer shows in its going.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => owner.gone());
  }

  /** False when the frame is lost, because the peer does not read. */
  send(frame: Uint8Array): boolean {
    if (this.#socket.writableLength > MOST_WAITING) return false;
    const bytes = Buffer.allocUnsafe(LENGTH_BYTES + frame.length);
    bytes.writeUInt32BE(frame.length);
    bytes.set(frame, LENGTH_BYTES);
    this.#socket.write(bytes);
    return true;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (bytes.length >= LENGTH_BYTES) {
      const length = bytes.readUInt32BE();
      if (length > MAX_FRAME_BYTES) {
        // Whatever this is, it is no frame, and where the next one begins is not known.
        this.#socket.destroy();
        return;
      }
      if (bytes.length < LENGTH_BYTES + length) break;
      this.#owner.receive(this.#padder.pad(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length)));
      bytes = bytes.subarray(LENGTH_BYTES + length);
    }
    this.#rest = bytes;
  }
}
