// The machine's whole outside: two functions that read and write a 32-bit register at a bus address.

/** Reads the register at bus address `address`. */
export declare function read32(address: u32): u32;
/** Writes the register at bus address `address`. */
export declare function write32(address: u32, value: u32): void;
