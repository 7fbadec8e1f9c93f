// Pools of fixed blocks. A pool hands out a block or says that it has none, and counts both; it never asks for memory.

import {
  DATAGRAM_BASE,
  DATAGRAM_BYTES,
  HANDSHAKE_BASE,
  HANDSHAKE_BYTES,
  NEIGHBOR_BASE,
  NEIGHBOR_BYTES,
  PACKET_BASE,
  PACKET_BYTES,
  POOL_BYTES,
  POOLS,
  TCB_BASE,
  TCB_BYTES,
} from "./memory";

@unmanaged
@final
export class Pool {
  base: usize;
  count: u32;
  /** Bytes of one block. */
  size: u32;
  /** First free block; each free block begins with the address of the next. */
  free: usize;
  used: u32;
  /** Most blocks that were ever used at once. */
  high: u32;
  /** Times that a block was wanted and there was none. */
  refused: u32;

  start(base: usize, count: u32, size: u32): void {
    this.base = base;
    this.count = count;
    this.size = size;
    this.free = 0;
    this.used = 0;
    this.high = 0;
    this.refused = 0;
    for (let i = count; i > 0; i--) {
      const block = base + (i - 1) * size;
      store<usize>(block, this.free);
      this.free = block;
    }
  }

  /** A zeroed block, or 0. */
  take(): usize {
    const block = this.takeRaw();
    if (block) memory.fill(block, 0, this.size);
    return block;
  }

  /** A block with whatever its last user left in it, or 0. */
  takeRaw(): usize {
    const block = this.free;
    if (!block) {
      this.refused++;
      return 0;
    }
    this.free = load<usize>(block);
    if (++this.used > this.high) this.high = this.used;
    return block;
  }

  give(block: usize): void {
    assert(block >= this.base && block < this.base + this.count * this.size, "block is not of this pool");
    assert((block - this.base) % this.size == 0, "not the start of a block");
    assert(this.used > 0, "more blocks given back than taken");
    store<usize>(block, this.free);
    this.free = block;
    this.used--;
  }

  at(index: u32): usize {
    return this.base + index * this.size;
  }
}

if (offsetof<Pool>() != POOL_BYTES) ERROR("POOL_BYTES does not agree with Pool.");

export const packetPool: Pool = changetype<Pool>(POOLS);
export const tcbPool: Pool = changetype<Pool>(POOLS + POOL_BYTES);
export const handshakePool: Pool = changetype<Pool>(POOLS + 2 * POOL_BYTES);
export const timeWaitPool: Pool = changetype<Pool>(POOLS + 3 * POOL_BYTES);
export const datagramPool: Pool = changetype<Pool>(POOLS + 4 * POOL_BYTES);
export const neighborPool: Pool = changetype<Pool>(POOLS + 5 * POOL_BYTES);
/** Only where there are fragments. */
export const reassemblyPool: Pool = changetype<Pool>(POOLS + 6 * POOL_BYTES);

// A block's place in its pool. By constants, since every packet asks: a division by one is a multiplication.

export function packetIndex(block: usize): u32 {
  return <u32>(block - PACKET_BASE) / PACKET_BYTES;
}
export function tcbIndex(block: usize): u32 {
  return <u32>(block - TCB_BASE) / TCB_BYTES;
}
export function handshakeIndex(block: usize): u32 {
  return <u32>(block - HANDSHAKE_BASE) / HANDSHAKE_BYTES;
}
export function datagramIndex(block: usize): u32 {
  return <u32>(block - DATAGRAM_BASE) / DATAGRAM_BYTES;
}
export function neighborIndex(block: usize): u32 {
  return <u32>(block - NEIGHBOR_BASE) / NEIGHBOR_BYTES;
}
