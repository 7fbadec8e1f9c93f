// What the core's two imports are bound to where the MACs are wasm, too. The MACs need the core's memory, so they are
// instantiated after it; until then these lead nowhere. Called through a table, which both share.

/** Places in the table. */
const READ: u32 = 0;
const WRITE: u32 = 1;

export function read32(address: u32): u32 {
  return call_indirect<u32>(READ, address);
}

export function write32(address: u32, value: u32): void {
  call_indirect<void>(WRITE, address, value);
}
