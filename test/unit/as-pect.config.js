// How as-pect runs the specs of this folder: the core's own functions, compiled into wasm together with the checks.

/** Registers of the bus as last written: specs that touch a device see plain memory there. */
const registers = new Map();

export default {
  entries: ["test/unit/**/*.spec.ts"],
  include: [],
  disclude: [/node_modules/],
  async instantiate(memory, createImports, instantiate, binary) {
    const bus = {
      read32: (address) => registers.get(address >>> 0) ?? 0,
      write32: (address, value) => registers.set(address >>> 0, value >>> 0),
    };
    return instantiate(binary, createImports({ env: { memory }, bus }));
  },
  outputBinary: false,
};
