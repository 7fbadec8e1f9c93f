// The Ethernet MAC of SmartFusion2 parts, emulated: it walks chains of descriptors in linear memory.

import {
  SmartFusion,
  SmartFusionConfig,
  SmartFusionDescriptor,
  SmartFusionDma,
  SmartFusionMii,
} from "../../assembly/device/smartfusion-registers.ts";
import type { BusDevice } from "../core/bus.ts";
import type { MacMemory } from "./ring-mac.ts";
import { Station, type StationOptions } from "./station.ts";

const EMPTY: number = SmartFusionDescriptor.EMPTY;
const COUNT_MASK = 0xff;
/** FILTER_DONT_CARE after a reset: nothing of a frame matters but its address. */
const DONT_CARE_AT_RESET = 0x3_ffff;

export interface SmartFusionOptions extends StationOptions {
  memory: MacMemory;
}

/** A direction's count of frames and its flags, as its status register shows them. */
interface Progress {
  frames: number;
  /** TX_UNDERRUN or RX_OVERFLOW. */
  flags: number;
  enabled: boolean;
  /** As the driver wrote it. */
  descriptor: number;
}

export class SmartFusionMac extends Station implements BusDevice {
  #memory: MacMemory;
  #config1: number = SmartFusionConfig.RESET;
  #rx: Progress = atRest();
  #tx: Progress = atRest();
  /** Bus address of the descriptor that the next received frame goes to. */
  #rxAt = 0;
  #mask = 0;
  #miiAddress = 0;
  #miiStatus = 0;
  /** Registers that only keep what is written. */
  #kept = new Map<number, number>();

  constructor(options: SmartFusionOptions) {
    super(options);
    this.#memory = options.memory;
    this.#reset();
  }

  read(offset: number): number {
    switch (offset) {
      case SmartFusion.CONFIG1:
        return this.#config1;
      case SmartFusion.MII_STATUS:
        return this.#miiStatus;
      case SmartFusion.TX_CONTROL:
        return this.#tx.enabled ? SmartFusionDma.ENABLE : 0;
      case SmartFusion.RX_CONTROL:
        return this.#rx.enabled ? SmartFusionDma.ENABLE : 0;
      case SmartFusion.TX_DESCRIPTOR:
        return this.#tx.descriptor;
      case SmartFusion.RX_DESCRIPTOR:
        return this.#rx.descriptor;
      case SmartFusion.TX_STATUS:
        return statusOf(this.#tx);
      case SmartFusion.RX_STATUS:
        return statusOf(this.#rx);
      case SmartFusion.INTERRUPT_MASK:
        return this.#mask;
      case SmartFusion.INTERRUPTS:
        return this.#causes() & this.#mask;
      default:
        return this.#kept.get(offset) ?? 0;
    }
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case SmartFusion.CONFIG1:
        if (value & SmartFusionConfig.RESET) this.#reset();
        this.#config1 = value;
        break;
      case SmartFusion.MII_ADDRESS:
        this.#miiAddress = value;
        break;
      case SmartFusion.MII_COMMAND:
        if (value & SmartFusionMii.READ) this.#readPhy();
        break;
      case SmartFusion.TX_DESCRIPTOR:
        this.#tx.descriptor = value & ~3;
        break;
      case SmartFusion.RX_DESCRIPTOR:
        this.#rx.descriptor = value & ~3;
        break;
      case SmartFusion.TX_CONTROL:
        this.#tx.enabled = (value & SmartFusionDma.ENABLE) !== 0;
        if (this.#tx.enabled) this.#transmit();
        break;
      case SmartFusion.RX_CONTROL:
        this.#rx.enabled = (value & SmartFusionDma.ENABLE) !== 0;
        if (this.#rx.enabled) this.#rxAt = this.#rx.descriptor;
        break;
      case SmartFusion.TX_STATUS:
        acknowledge(this.#tx, value);
        break;
      case SmartFusion.RX_STATUS:
        acknowledge(this.#rx, value);
        break;
      case SmartFusion.INTERRUPT_MASK:
        this.#mask = value;
        break;
      default:
        this.#kept.set(offset, value);
        this.#follow(offset, value);
    }
    this.#update();
  }

  protected get receives(): boolean {
    return (this.#config1 & SmartFusionConfig.RX_ENABLE) !== 0 && this.#rx.enabled;
  }

  protected keep(frame: Uint8Array): boolean {
    const { u8, u32, dmaBase } = this.#memory;
    const word = this.#word(this.#rxAt);
    if (word < 0 || !(u32[word + 1] & EMPTY)) {
      this.#rx.enabled = false;
      this.#rx.flags |= SmartFusionDma.RX_OVERFLOW;
      this.#update();
      return false;
    }
    const at = (u32[word] - dmaBase) >>> 0;
    if (at + frame.length > u8.length || frame.length > SmartFusionDescriptor.LENGTH_MASK) {
      this.counters.descriptorErrors++;
      return false;
    }
    this.#memory.put(frame, at);
    // The driver looks at EMPTY, so everything else is in place before.
    this.#memory.putWord(word + 1, frame.length);
    this.#rxAt = u32[word + 2];
    this.#rx.frames++;
    this.#update();
    return true;
  }

  // Each descriptor leads to the next; one that is EMPTY ends the walk.
  #transmit(): void {
    const { u8, u32, dmaBase } = this.#memory;
    if (!(this.#config1 & SmartFusionConfig.TX_ENABLE)) return;
    let word = this.#word(this.#tx.descriptor);
    while (word >= 0 && !(u32[word + 1] & EMPTY)) {
      const at = (u32[word] - dmaBase) >>> 0;
      const length = u32[word + 1] & SmartFusionDescriptor.LENGTH_MASK;
      if (at + length > u8.length) this.counters.descriptorErrors++;
      else this.emit(u8.subarray(at, at + length));
      this.#memory.putWord(word + 1, u32[word + 1] | EMPTY);
      this.#tx.frames++;
      word = this.#word(u32[word + 2]);
    }
    this.#tx.flags |= SmartFusionDma.TX_UNDERRUN;
    this.#tx.enabled = false;
  }

  /** Word index of the descriptor at a bus address; -1 when it is not in memory. */
  #word(busAddress: number): number {
    const at = (busAddress - this.#memory.dmaBase) >>> 0;
    return at + SmartFusionDescriptor.BYTES <= this.#memory.u8.length ? at >>> 2 : -1;
  }

  // Registers that only keep their value, and what follows from it.
  #follow(offset: number, value: number): void {
    if (offset === SmartFusion.ADDRESS1) this.filter.low = swap(value);
    if (offset === SmartFusion.ADDRESS2) this.filter.high = swap(value) & 0xffff;
    const dontCare = this.#kept.get(SmartFusion.FILTER_DONT_CARE) ?? 0;
    const match = this.#kept.get(SmartFusion.FILTER_MATCH) ?? 0;
    this.filter.allMulticast = ((dontCare | ~match) & SmartFusionConfig.GROUPS) !== 0;
  }

  #reset(): void {
    this.#rx = atRest();
    this.#tx = atRest();
    this.#mask = 0;
    this.filter.low = 0;
    this.filter.high = 0;
    this.filter.allMulticast = true;
    this.#kept.clear();
    this.#kept.set(SmartFusion.MAX_FRAME, SmartFusionConfig.MAX_FRAME_AT_RESET);
    this.#kept.set(SmartFusion.FILTER_DONT_CARE, DONT_CARE_AT_RESET);
  }

  #readPhy(): void {
    const isThere = (this.#miiAddress & ~0x1f) === SmartFusionMii.PHY;
    this.#miiStatus = isThere ? this.transceiver.read(this.#miiAddress & 0x1f) : 0xffff;
  }

  #causes(): number {
    return ((statusOf(this.#rx) & 0xf) << 4) | (statusOf(this.#tx) & 0xf);
  }

  #update(): void {
    this.drive((this.#causes() & this.#mask) !== 0);
  }
}

function atRest(): Progress {
  return { frames: 0, flags: 0, enabled: false, descriptor: 0 };
}

function statusOf({ frames, flags }: Progress): number {
  const some = frames > 0 ? SmartFusionDma.FRAME : 0;
  return ((frames & COUNT_MASK) << SmartFusionDma.COUNT_SHIFT) | flags | some;
}

/** Writing FRAME counts one frame down, writing a flag clears it. */
function acknowledge(progress: Progress, value: number): void {
  progress.flags &= ~value;
  if (value & SmartFusionDma.FRAME && progress.frames > 0) progress.frames--;
}

function swap(value: number): number {
  return (value >>> 24) | ((value >>> 8) & 0xff00) | ((value & 0xff00) << 8) | (value << 24) | 0;
}
