// What an AbortSignal does to an object that can be closed.

import type { EventEmitter } from "node:events";
import { checkSignal } from "./arguments.ts";

/**
 * Calls `close` when the signal aborts, until `owner` has emitted "close"; `closeAborted` where it has aborted already.
 * Throws TypeError for what is no signal.
 */
export function heedSignal(owner: EventEmitter, signal: unknown, close: () => void, closeAborted: () => void): void {
  if (signal === undefined) return;
  checkSignal(signal, "options.signal");
  if (signal.aborted) {
    closeAborted();
    return;
  }
  signal.addEventListener("abort", close, { once: true });
  owner.once("close", () => signal.removeEventListener("abort", close));
}
