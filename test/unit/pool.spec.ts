// Pools of fixed blocks: every block is handed out once, and what was asked is counted.

import { TCBS } from "profile";
import { ALL_PACKETS } from "../../assembly/base/config";
import { PACKET_BASE, PACKET_BYTES, TCB_BASE, TCB_BYTES } from "../../assembly/base/memory";
import { Pool, packetIndex, packetPool, tcbIndex, tcbPool } from "../../assembly/base/pool";

const BLOCKS: u32 = 5;
const BLOCK_BYTES: u32 = 24;
const SPACE: usize = memory.data(5 * 24, 16);
const POOL: usize = memory.data(offsetof<Pool>(), 8);

function freshPool(): Pool {
  const pool = changetype<Pool>(POOL);
  pool.start(SPACE, BLOCKS, BLOCK_BYTES);
  return pool;
}

describe("a pool", () => {
  it("hands out each block once, then none, and counts the refusal", () => {
    const pool = freshPool();
    let seen: u32 = 0;
    for (let i: u32 = 0; i < BLOCKS; i++) seen |= 1 << (<u32>(pool.take() - SPACE) / BLOCK_BYTES);
    expect<u32>(seen).toBe(0b11111);
    expect<u32>(pool.used).toBe(BLOCKS);
    expect<u32>(pool.refused).toBe(0);
    expect<usize>(pool.take()).toBe(0);
    expect<usize>(pool.takeRaw()).toBe(0);
    expect<u32>(pool.refused).toBe(2);
    expect<u32>(pool.used).toBe(BLOCKS);
  });

  it("hands out a block again after it was given back, zeroed", () => {
    const pool = freshPool();
    for (let i: u32 = 0; i < BLOCKS; i++) pool.take();
    const block = pool.at(3);
    memory.fill(block, 0xee, BLOCK_BYTES);
    pool.give(block);
    expect<usize>(pool.take()).toBe(block);
    let bits: u64 = 0;
    for (let i: usize = 0; i < BLOCK_BYTES; i += 8) bits |= load<u64>(block + i);
    expect<u64>(bits).toBe(0);
  });

  it("remembers the most that were used at once", () => {
    const pool = freshPool();
    const a = pool.take();
    const b = pool.take();
    pool.give(a);
    pool.give(b);
    pool.take();
    expect<u32>(pool.used).toBe(1);
    expect<u32>(pool.high).toBe(2);
  });

  it("keeps block and index in step", () => {
    packetPool.start(PACKET_BASE, ALL_PACKETS, PACKET_BYTES);
    tcbPool.start(TCB_BASE, TCBS, TCB_BYTES);
    for (let i: u32 = 0; i < ALL_PACKETS; i++) expect<u32>(packetIndex(packetPool.at(i))).toBe(i);
    for (let i: u32 = 0; i < TCBS; i++) expect<u32>(tcbIndex(tcbPool.at(i))).toBe(i);
  });

  throws("refuses a block that is not its own", () => {
    const pool = freshPool();
    pool.take();
    pool.give(SPACE + BLOCKS * BLOCK_BYTES);
  });

  throws("refuses an address inside a block", () => {
    const pool = freshPool();
    pool.give(pool.take() + 4);
  });

  throws("refuses more blocks than it gave", () => {
    const pool = freshPool();
    pool.give(SPACE);
  });
});

describe("the machine's pools", () => {
  it("lie side by side without touching", () => {
    packetPool.start(SPACE, BLOCKS, BLOCK_BYTES);
    const packets = packetPool.take();
    const pool = freshPool();
    pool.take();
    expect<u32>(packetPool.used).toBe(1);
    expect<usize>(packets).toBe(SPACE);
  });
});
