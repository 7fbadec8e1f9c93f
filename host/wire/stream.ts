// A wire over a Unix socket: each frame behind its length, four bytes, the highest first. So QEMU does it with
// `-netdev stream`. Whichever end comes first makes the socket.

import { rmSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { InputError } from "../errors.ts";
import { MAX_FRAME_BYTES } from "../mac/ring-mac.ts";
import { FramePadder } from "./padding.ts";
import type { Wire, WireEnd } from "./wire.ts";

const LENGTH_BYTES = 4;
/** Bytes that may wait for a peer that does not read; what comes then is lost, as on a wire. */
const MOST_WAITING = 1 << 20;

/** What a wire has done, for people. */
export interface StreamStats {
  /** Frames lost because nobody was there, or did not read them. */
  txDrops: number;
}

export interface StreamWire extends Wire {
  readonly stats: StreamStats;
}

/**
 * Opens the wire at `path`: joins the peer that has made the socket, or makes it and lets the peer come. Rejects with
 * InputError and the system's code when neither can be done.
 */
export async function openStream(path: string): Promise<StreamWire> {
  try {
    return new Stream(path, await join(path), null);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ECONNREFUSED") throw refusal(path, error);
  }
  // A socket that nobody answers at is what a program left that has ended.
  rmSync(path, { force: true });
  const server = createServer();
  const wire = new Stream(path, null, server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(refusal(path, error)));
    server.listen(path, resolve);
  });
  return wire;
}

function join(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

function refusal(path: string, error: unknown): InputError {
  const { code = "EIO" } = error as NodeJS.ErrnoException;
  return new InputError(code, `The socket ${path} cannot be used for a wire (${code}); take another path.`);
}

class Stream implements StreamWire {
  readonly name: string;
  readonly carriesFcs = false;
  readonly stats: StreamStats = { txDrops: 0 };
  #server: Server | null;
  #socket: Socket | null = null;
  #end: WireEnd | null = null;
  #padder = new FramePadder();
  /** What has come of a frame that is not complete. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string, socket: Socket | null, server: Server | null) {
    this.name = `stream:${path}`;
    this.#server = server;
    if (socket !== null) this.#plug(socket);
    server?.on("connection", (peer) => this.#plug(peer));
    // Sockets of the stack keep the process alive, not the wire.
    server?.unref();
  }

  get up(): boolean {
    return this.#socket !== null;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  send(frame: Uint8Array): void {
    const socket = this.#socket;
    if (socket === null || socket.writableLength > MOST_WAITING) {
      this.stats.txDrops++;
      return;
    }
    const bytes = Buffer.allocUnsafe(LENGTH_BYTES + frame.length);
    bytes.writeUInt32BE(frame.length);
    bytes.set(frame, LENGTH_BYTES);
    socket.write(bytes);
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
    this.#server?.close();
    this.#server = null;
  }

  // The wire has two ends: a peer that comes while another is there takes its place.
  #plug(socket: Socket): void {
    this.#socket?.destroy();
    this.#socket = socket;
    this.#rest = Buffer.alloc(0);
    socket.unref();
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    // What went wrong with a peer shows in its going.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#end?.linkChanged(false);
    });
    this.#end?.linkChanged(true);
  }

  #take(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (bytes.length >= LENGTH_BYTES) {
      const length = bytes.readUInt32BE();
      if (length > MAX_FRAME_BYTES) {
        // Whatever this is, it is no frame, and where the next one begins is not known.
        this.#socket?.destroy();
        return;
      }
      if (bytes.length < LENGTH_BYTES + length) break;
      this.#end?.receive(this.#padder.pad(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length)));
      bytes = bytes.subarray(LENGTH_BYTES + length);
    }
    this.#rest = bytes;
  }
}
