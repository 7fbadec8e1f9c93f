// Taking what a stream socket has received out of the core.

import { Result } from "../../assembly/abi/sockets.ts";
import type { Machine } from "../machine.ts";
import { AGAIN } from "./calls.ts";

/**
 * What lies ready, gathered from as many packets as fit into one piece of memory; null at the end of the stream, undefined
 * when nothing lies there. Throws StackError.
 */
export function takeStream({ calls, slab, core }: Machine, fd: number): Uint8Array | null | undefined {
  let ready = calls.peek(fd);
  if (ready === AGAIN) return undefined;
  if (ready === 0) return null;
  slab.begin();
  while (ready > 0) {
    const taken = slab.append(core, core.result(Result.POINTER), ready);
    if (taken === 0) break;
    calls.consume(fd, taken);
    ready = calls.peek(fd);
  }
  return slab.finish();
}

/** The same into `buffer`: how many bytes; 0 at the end of the stream, undefined when nothing lies there. */
export function takeStreamInto({ calls, core }: Machine, fd: number, buffer: Uint8Array): number | undefined {
  let ready = calls.peek(fd);
  if (ready === AGAIN) return undefined;
  let filled = 0;
  while (ready > 0 && filled < buffer.length) {
    const bytes = Math.min(ready, buffer.length - filled);
    buffer.set(core.bytes(core.result(Result.POINTER), bytes), filled);
    calls.consume(fd, bytes);
    filled += bytes;
    ready = calls.peek(fd);
  }
  return filled;
}
