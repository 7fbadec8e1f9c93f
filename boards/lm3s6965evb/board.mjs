// Stellaris LM3S6965 evaluation board: a Cortex-M3 with 64 KB of RAM and an Ethernet controller of its own.

/** @type {import("../board.ts").Board} */
export const board = {
  title: "Stellaris LM3S6965 evaluation board",
  processor: "cortex-m3",
  clock: 12_500_000,
  flash: { origin: 0x0000_0000, bytes: 256 * 1024 },
  ram: { origin: 0x2000_0000, bytes: 64 * 1024 },
  mac: { origin: 0x4004_8000, bytes: 0x1000, interrupt: 42 },
  uart: { kind: "pl011", origin: 0x4000_c000 },
  stack: 4 * 1024,
  qemu: "lm3s6965evb",
};
