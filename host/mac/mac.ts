// The emulated MACs, one for each driver of the core: a module finds behind its registers the MAC that it was built for.

import { MacKind } from "../../assembly/abi/mac.ts";
import type { BusDevice } from "../core/bus.ts";
import type { Wire, WireEnd } from "../wire/wire.ts";
import { Lan9118Mac } from "./lan9118.ts";
import { type MacCounters, RingMac, type RingMacOptions } from "./ring-mac.ts";
import { SmartFusionMac } from "./smartfusion.ts";
import { StellarisMac } from "./stellaris.ts";

/** What every emulated MAC has. */
export interface EmulatedMac extends BusDevice, WireEnd {
  readonly wire: Wire;
  readonly counters: MacCounters;
  /** The level of its interrupt line. */
  readonly interrupt: boolean;
}

/** The MAC that a profile names by its constant MAC. Throws an Error for a number that names none. */
export function createMac(kind: number | undefined, options: RingMacOptions): EmulatedMac {
  switch (kind) {
    case MacKind.RING:
      return new RingMac(options);
    case MacKind.STELLARIS:
      return new StellarisMac(options);
    case MacKind.LAN9118:
      return new Lan9118Mac(options);
    case MacKind.SMARTFUSION:
      return new SmartFusionMac(options);
    default:
      throw new Error(`This wasm module has a driver for MAC ${kind}, which is not emulated.`);
  }
}
