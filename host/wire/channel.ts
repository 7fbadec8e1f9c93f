// A wire between the tabs of a browser, or the threads of a process: a BroadcastChannel, each frame a message of bytes. v86 does
// it the same way; its channel with the number N is called "v86-inbrowser-N".

import { MAX_FRAME_BYTES } from "../mac/ring-mac.ts";
import { FramePadder } from "./padding.ts";
import type { Wire, WireEnd } from "./wire.ts";

/** Plugs into the channel of that name; everybody there hears what anybody sends. */
export function openChannel(name: string): Wire {
  return new Channel(name);
}

class Channel implements Wire {
  readonly name: string;
  readonly carriesFcs = false;
  #channel: BroadcastChannel | null;
  #end: WireEnd | null = null;
  #padder = new FramePadder();

  constructor(name: string) {
    this.name = `channel:${name}`;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (event) => this.#take((event as MessageEvent).data);
    // Sockets of the stack keep the process alive, not the wire; in a browser there is nothing to let go.
    (this.#channel as BroadcastChannel & { unref?(): void }).unref?.();
  }

  get up(): boolean {
    return this.#channel !== null;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  send(frame: Uint8Array): void {
    this.#channel?.postMessage(Uint8Array.from(frame));
  }

  close(): void {
    this.#channel?.close();
    this.#channel = null;
  }

  // Whoever knows the name may say anything: only bytes are frames.
  #take(message: unknown): void {
    const bytes = message instanceof ArrayBuffer ? new Uint8Array(message) : message;
    if (!(bytes instanceof Uint8Array) || bytes.length > MAX_FRAME_BYTES || bytes.length === 0) return;
    this.#end?.receive(this.#padder.pad(bytes));
  }
}
