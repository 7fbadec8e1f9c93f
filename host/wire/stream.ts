// A wire over a Unix socket with one peer, as QEMU has it with `-netdev stream`. Whichever end comes first makes the socket.

import type { Server, Socket } from "node:net";
import { FramedSocket } from "./framed-socket.ts";
import { meet } from "./rendezvous.ts";
import type { Wire, WireEnd } from "./wire.ts";

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
  const { socket, server } = await meet(path);
  return new Stream(path, socket, server);
}

class Stream implements StreamWire {
  readonly name: string;
  readonly carriesFcs = false;
  readonly stats: StreamStats = { txDrops: 0 };
  #server: Server | null;
  #peer: FramedSocket | null = null;
  #end: WireEnd | null = null;

  constructor(path: string, socket: Socket | null, server: Server | null) {
    this.name = `stream:${path}`;
    this.#server = server;
    if (socket !== null) this.#plug(socket);
    server?.on("connection", (peer) => this.#plug(peer));
  }

  get up(): boolean {
    return this.#peer !== null;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  send(frame: Uint8Array): void {
    if (!this.#peer?.send(frame)) this.stats.txDrops++;
  }

  close(): void {
    const peer = this.#peer;
    this.#peer = null;
    peer?.destroy();
    this.#server?.close();
    this.#server = null;
  }

  // The wire has two ends: a peer that comes while another is there takes its place.
  #plug(socket: Socket): void {
    this.#peer?.destroy();
    const peer: FramedSocket = new FramedSocket(socket, {
      receive: (frame) => {
        if (this.#peer === peer) this.#end?.receive(frame);
      },
      gone: () => {
        if (this.#peer !== peer) return;
        this.#peer = null;
        this.#end?.linkChanged(false);
      },
    });
    this.#peer = peer;
    this.#end?.linkChanged(true);
  }
}
