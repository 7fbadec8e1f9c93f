// Who watches the border between host and core: the core's calls, its two imports, and what the host writes into linear
// memory. Nothing else crosses it, so that whoever has seen all of this can have the same machine once more.

import type { Bus } from "./bus.ts";
import type { CoreExports } from "./core.ts";

export interface CoreTap {
  /** The bus that the core shall reach instead of `bus`. */
  wrapBus(bus: Pick<Bus, "read32" | "write32">): Pick<Bus, "read32" | "write32">;
  /** What the host shall call instead of `exports`. */
  wrapExports(exports: CoreExports, instance: WebAssembly.Instance): CoreExports;
  /** The host has written into linear memory: bytes at an address, or the word of that index. */
  put(bytes: Uint8Array, at: number): void;
  putWord(index: number, value: number): void;
}
