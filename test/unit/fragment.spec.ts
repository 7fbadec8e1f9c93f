// Chains of packets and their cutting: no byte is lost, added or moved, whatever the sizes; and all of it is done or none.

import { PACKETS, TCBS } from "profile";
import { be16, be32 } from "../../assembly/base/bytes";
import { sumBytes } from "../../assembly/base/checksum";
import { BUFFER_BYTES } from "../../assembly/base/config";
import { packetPool } from "../../assembly/base/pool";
import {
  chainBytes,
  chainPackets,
  holdChain,
  releaseAll,
  releaseChain,
  sumChain,
  trimChain,
} from "../../assembly/device/chain";
import { available, Packet, promise, startPackets, takePacket } from "../../assembly/device/packet";
import { cutToFit, fragmentRoom, MOST_PIECES, takeChain, writeFragmentHeader } from "../../assembly/ip/fragment";
import { draw, draw32, drawBetween, startDraws } from "./draw";

const SPACE: usize = memory.data(65536, 8);

/** A chain of packets of random lengths, with random bytes that are also in SPACE. */
function drawChain(packets: u32, most: u32): Packet {
  let head: Packet | null = null;
  let last: Packet | null = null;
  let place: usize = SPACE;
  for (let i: u32 = 0; i < packets; i++) {
    const packet = assert(takePacket(), "a packet is free");
    packet.data = packet.buffer + 64;
    packet.length = drawBetween(1, most);
    for (let j: u32 = 0; j < packet.length; j++) {
      const byte = <u8>draw32();
      store<u8>(packet.data + j, byte);
      store<u8>(place++, byte);
    }
    if (last) last.more = packet;
    else head = packet;
    last = packet;
  }
  return head!;
}

/** True when the chain has the first `bytes` bytes of SPACE. */
function holds(head: Packet, bytes: u32): bool {
  if (chainBytes(head) != bytes) return false;
  let place: usize = SPACE;
  let packet: Packet | null = head;
  while (packet) {
    if (memory.compare(place, packet.data, packet.length) != 0) return false;
    place += packet.length;
    packet = packet.more;
  }
  return true;
}

describe("a chain", () => {
  beforeEach(startPackets);

  it("has the sum of its bytes in one piece, wherever they are parted", () => {
    for (let seed: u32 = 1; seed <= 200; seed++) {
      startDraws(seed);
      const head = drawChain(drawBetween(1, 6), 300);
      assert(sumChain(head) == sumBytes(SPACE, chainBytes(head)), `seed ${seed}`);
      releaseChain(head);
    }
    expect<u32>(packetPool.used).toBe(0);
  });

  it("is cut to its first bytes, and lets go of what it does not need", () => {
    for (let seed: u32 = 1; seed <= 200; seed++) {
      startDraws(seed);
      const head = drawChain(drawBetween(1, 6), 300);
      const bytes = draw(chainBytes(head) + 1);
      trimChain(head, bytes);
      assert(holds(head, bytes), `seed ${seed}`);
      assert(packetPool.used == chainPackets(head), `seed ${seed}: packets were kept`);
      releaseChain(head);
    }
    expect<u32>(packetPool.used).toBe(0);
  });

  it("is held and let go as a whole, alone or in a queue", () => {
    startDraws(1);
    const head = drawChain(4, 10);
    head.next = drawChain(3, 10);
    holdChain(head);
    releaseChain(head);
    expect<u32>(packetPool.used).toBe(7);
    releaseAll(head);
    expect<u32>(packetPool.used).toBe(0);
  });
});

describe("cutting for a path", () => {
  beforeEach(startPackets);

  it("keeps every byte, in pieces that are as large as they may be", () => {
    for (let seed: u32 = 1; seed <= 200; seed++) {
      startDraws(seed);
      const head = drawChain(drawBetween(1, 6), BUFFER_BYTES - 64);
      const bytes = chainBytes(head);
      const room = drawBetween(1, 180) * 8;
      const cut = cutToFit(head, room)!;
      assert(holds(cut, bytes), `seed ${seed}`);
      let packet: Packet = cut;
      for (let more = packet.more; more; more = packet.more) {
        assert(packet.length <= room && packet.length % 8 == 0, `seed ${seed}: ${packet.length} bytes`);
        packet = more;
      }
      assert(packet.length <= room, `seed ${seed}: the last has ${packet.length} bytes`);
      if (cut !== head) {
        assert(chainPackets(cut) == (bytes + room - 1) / room, `seed ${seed}: too many pieces`);
        releaseChain(cut);
      }
      releaseChain(head);
    }
    expect<u32>(packetPool.used).toBe(0);
  });

  it("copies nothing that is right as it lies", () => {
    const head = takeChain(5000, 1480)!;
    expect<bool>(cutToFit(head, 1480) === head).toBe(true);
    expect<bool>(cutToFit(head, 1488) === head).toBe(true);
    releaseChain(head);
  });

  it("takes nothing when there are not enough packets for all", () => {
    const head = takeChain(5000, 1480)!;
    promise(available() - 4);
    expect<bool>(cutToFit(head, 1000) === null).toBe(true);
    expect<u32>(packetPool.used).toBe(4);
    promise(-1);
    expect<bool>(cutToFit(head, 1000) === null).toBe(false);
  });

  it("has a datagram in no more pieces than can ever be free", () => {
    promise(TCBS);
    expect<i32>(available()).toBe(MOST_PIECES);
    expect<u32>(MOST_PIECES).toBe(PACKETS - TCBS);
  });
});

describe("a fragment", () => {
  it("carries a multiple of eight bytes behind the header of its version", () => {
    expect<u32>(fragmentRoom(1500, false)).toBe(1480);
    expect<u32>(fragmentRoom(1500, true)).toBe(1448);
    expect<u32>(fragmentRoom(576, false)).toBe(552);
    expect<u32>(fragmentRoom(1280, true)).toBe(1232);
  });

  it("has an extension header in IPv6 (RFC 8200 §4.5)", () => {
    writeFragmentHeader(SPACE, 17, 1448, true, 0x01020304);
    expect<u32>(be32(SPACE)).toBe(0x110005a9);
    expect<u32>(be32(SPACE, 4)).toBe(0x01020304);
    writeFragmentHeader(SPACE, 58, 2896, false, 1);
    expect<u32>(be16(SPACE, 2)).toBe(2896);
  });
});
