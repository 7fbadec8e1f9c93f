// The host's own network without any rights: passt translates between frames of ours and ordinary sockets of the host's. It is a
// program of its own (Debian's package passt), which is started here and ends with the wire.

import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { InputError } from "../errors.ts";
import { FramedSocket } from "./framed-socket.ts";
import { withoutPadding } from "./padding.ts";
import type { StreamStats } from "./stream.ts";
import type { Wire, WireEnd } from "./wire.ts";

export interface PasstOptions {
  /** The stack's address, its prefix, and the router that passt plays for it; at that address is the host itself. */
  address?: string;
  prefixLength?: number;
  gateway?: string;
  /** Further arguments of passt, such as ["-t", "8080"] to let the host's port 8080 reach the stack. */
  args?: readonly string[];
}

export interface PasstWire extends Wire {
  readonly stats: StreamStats;
  /** What the stack is to be called so that passt knows it: "10.0.2.15/24", and its router. */
  readonly address: string;
  readonly gateway: string;
}

/** The network that QEMU's users know from its own user networking. */
export const [PASST_ADDRESS, PASST_PREFIX_LENGTH, PASST_GATEWAY] = ["10.0.2.15", 24, "10.0.2.2"];
/** The descriptor under which passt finds its end of the socket pair. */
const SOCKET_FD = 3;
/** What it says last is kept for the error message. */
const MOST_SAID = 2000;

/** Starts passt. Rejects with InputError ENOENT where it is not installed, and EIO with what it says when it does not run. */
export async function openPasst(options: PasstOptions = {}): Promise<PasstWire> {
  const { address = PASST_ADDRESS, prefixLength = PASST_PREFIX_LENGTH, gateway = PASST_GATEWAY, args = [] } = options;
  const own = [
    "--foreground",
    "--stderr",
    "--fd",
    `${SOCKET_FD}`,
    "--address",
    address,
    "--netmask",
    `${prefixLength}`,
  ];
  const child = spawn("passt", [...own, "--gateway", gateway, ...args], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-MOST_SAID);
  });
  await started(child, () => said);
  return new Passt(child, `${address}/${prefixLength}`, gateway);
}

// It says nothing when all is well: it runs when it has not ended by the time it has had a turn to look at its arguments.
function started(child: ChildProcess, said: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("error", ({ code = "EIO" }: NodeJS.ErrnoException) => {
      const remedy =
        code === "ENOENT" ? 'is not installed; on Debian: "apt install passt"' : `cannot be started (${code})`;
      reject(new InputError(code, `passt ${remedy}.`));
    });
    child.once("exit", (status) => {
      reject(new InputError("EIO", `passt has ended with status ${status}; it said: ${said().trim()}`));
    });
    child.once("spawn", () => setTimeout(resolve, SETTLE_MS));
  });
}

/** Milliseconds within which passt has found out whether it can run. */
const SETTLE_MS = 250;

class Passt implements PasstWire {
  readonly name = "passt";
  readonly carriesFcs = false;
  readonly stats: StreamStats = { txDrops: 0 };
  readonly address: string;
  readonly gateway: string;
  #child: ChildProcess;
  #socket: FramedSocket | null;
  #end: WireEnd | null = null;

  constructor(child: ChildProcess, address: string, gateway: string) {
    this.address = address;
    this.gateway = gateway;
    this.#child = child;
    child.removeAllListeners("exit");
    child.unref();
    (child.stderr as (Duplex & { unref?(): void }) | null)?.unref?.();
    this.#socket = new FramedSocket(child.stdio[SOCKET_FD] as Duplex, {
      receive: (frame) => this.#end?.receive(frame),
      gone: () => this.#lost(),
    });
  }

  get up(): boolean {
    return this.#socket !== null;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  // Versions of 2023 take what pads a short segment for text of its.
  send(frame: Uint8Array): void {
    if (!this.#socket?.send(withoutPadding(frame))) this.stats.txDrops++;
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
    this.#child.kill();
  }

  #lost(): void {
    if (this.#socket === null) return;
    this.#socket = null;
    this.#end?.linkChanged(false);
  }
}
