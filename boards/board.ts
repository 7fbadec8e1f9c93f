// What a board is, beside its profile: everything that the firmware and its builder have to know of the hardware. Each
// folder here that has a board.mjs is a board; `npm run board NAME` builds its firmware.

/** A stretch of memory on the processor's bus. */
export interface Region {
  origin: number;
  bytes: number;
}

export interface Board {
  /** For people. */
  title: string;
  /** What the compiler is told with -mcpu. */
  processor: string;
  /** Clock of the processor and of SysTick, in Hz. */
  clock: number;
  flash: Region;
  ram: Region;
  /** The Ethernet MAC: where its registers are, how many bytes of them, and its interrupt. The profile names the driver. */
  mac: Region & { interrupt: number };
  /** The console: which of the kinds in runtime/uart.c, and where. */
  uart: { kind: "pl011" | "cmsdk" | "16550"; origin: number };
  /** Bytes of the C stack. */
  stack: number;
  /** The name of the board in QEMU (`qemu-system-arm -machine help`), where QEMU has it. */
  qemu?: string;
}
