// Arm MPS2 board with the Cortex-M3 image AN385: megabytes of RAM, and a LAN9118 beside the processor.

/** @type {import("../board.ts").Board} */
export const board = {
  title: "Arm MPS2 with AN385",
  processor: "cortex-m3",
  clock: 25_000_000,
  flash: { origin: 0x0000_0000, bytes: 4 * 1024 * 1024 },
  ram: { origin: 0x2000_0000, bytes: 4 * 1024 * 1024 },
  mac: { origin: 0x4020_0000, bytes: 0x100, interrupt: 13 },
  uart: { kind: "cmsdk", origin: 0x4000_4000 },
  stack: 4 * 1024,
  qemu: "mps2-an385",
};
