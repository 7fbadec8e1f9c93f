// A hub between processes: what one sends, all others at the same Unix socket hear. Whoever comes first is the hub; when that
// process ends, another one takes its place.

import type { Server } from "node:net";
import { FramedSocket } from "./framed-socket.ts";
import { meet } from "./rendezvous.ts";
import type { StreamStats } from "./stream.ts";
import type { Wire, WireEnd } from "./wire.ts";

export interface HubWire extends Wire {
  /** Frames that a peer did not read in time. */
  readonly stats: StreamStats;
  /** Whether this process is the hub, and how many others are plugged into it. */
  readonly isHub: boolean;
  readonly peers: number;
}

/** Plugs into the hub at `path`, or becomes it. Rejects with InputError and the system's code when neither can be done. */
export async function openHub(path: string): Promise<HubWire> {
  const hub = new Hub(path);
  await hub.enter();
  return hub;
}

class Hub implements HubWire {
  readonly name: string;
  readonly carriesFcs = false;
  readonly stats: StreamStats = { txDrops: 0 };
  #path: string;
  #server: Server | null = null;
  #peers = new Set<FramedSocket>();
  #end: WireEnd | null = null;
  #open = true;

  constructor(path: string) {
    this.name = `hub:${path}`;
    this.#path = path;
  }

  get isHub(): boolean {
    return this.#server !== null;
  }

  get peers(): number {
    return this.#peers.size;
  }

  /** A hub's plug has a link even when nobody else is there. */
  get up(): boolean {
    return this.isHub || this.#peers.size > 0;
  }

  async enter(): Promise<void> {
    const { socket, server } = await meet(this.#path);
    if (!this.#open) {
      socket?.destroy();
      server?.close();
      return;
    }
    this.#server = server;
    server?.on("connection", (peer) => this.#plug(peer));
    if (socket !== null) this.#plug(socket);
    this.#end?.linkChanged(true);
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  send(frame: Uint8Array): void {
    this.#repeat(frame, null);
  }

  close(): void {
    this.#open = false;
    this.#server?.close();
    this.#server = null;
    for (const peer of this.#peers) peer.destroy();
    this.#peers.clear();
  }

  #plug(socket: ConstructorParameters<typeof FramedSocket>[0]): void {
    const peer: FramedSocket = new FramedSocket(socket, {
      receive: (frame) => {
        this.#end?.receive(frame);
        if (this.isHub) this.#repeat(frame, peer);
      },
      gone: () => this.#lost(peer),
    });
    this.#peers.add(peer);
  }

  #repeat(frame: Uint8Array, from: FramedSocket | null): void {
    for (const peer of this.#peers) if (peer !== from && !peer.send(frame)) this.stats.txDrops++;
  }

  #lost(peer: FramedSocket): void {
    this.#peers.delete(peer);
    if (!this.#open || this.isHub) return;
    this.#end?.linkChanged(false);
    // The hub has gone. When nobody can be it any more, the plug stays without a link.
    this.enter().catch((error: Error) => process.emitWarning(`${this.name}: ${error.message}`));
  }
}
