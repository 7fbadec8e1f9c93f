// The bus that the core's two imports reach: which device answers at an address.

/** A device with 32-bit registers at byte offsets from its base. */
export interface BusDevice {
  read(offset: number): number;
  write(offset: number, value: number): void;
}

/** Adapter n answers at ADAPTER_BUS_BASE + n * ADAPTER_BUS_BYTES. */
export const ADAPTER_BUS_BASE = 0x4000_0000;
export const ADAPTER_BUS_BYTES = 0x1000;
const SHIFT = 12;
const OFFSET_MASK = ADAPTER_BUS_BYTES - 1;

export class Bus {
  #devices: BusDevice[] = [];

  /** Puts a device into the next place and returns its bus address. */
  attach(device: BusDevice): number {
    this.#devices.push(device);
    return ADAPTER_BUS_BASE + (this.#devices.length - 1) * ADAPTER_BUS_BYTES;
  }

  // Addresses come from wasm as signed numbers. Where nothing answers, the lines float: all ones.
  readonly read32 = (address: number): number => {
    const device = this.#devices[(address - ADAPTER_BUS_BASE) >>> SHIFT];
    return device === undefined ? -1 : device.read(address & OFFSET_MASK);
  };

  readonly write32 = (address: number, value: number): void => {
    this.#devices[(address - ADAPTER_BUS_BASE) >>> SHIFT]?.write(address & OFFSET_MASK, value);
  };
}
