// Emcraft SmartFusion2 starter kit: a Cortex-M3 beside an FPGA, with 64 KB of RAM and a MAC that moves frames by itself.

/** @type {import("../board.ts").Board} */
export const board = {
  title: "Emcraft SmartFusion2 starter kit",
  processor: "cortex-m3",
  clock: 142_000_000,
  flash: { origin: 0x0000_0000, bytes: 256 * 1024 },
  ram: { origin: 0x2000_0000, bytes: 64 * 1024 },
  mac: { origin: 0x4004_1000, bytes: 0x1000, interrupt: 12 },
  uart: { kind: "16550", origin: 0x4000_0000 },
  stack: 4 * 1024,
  qemu: "emcraft-sf2",
};
