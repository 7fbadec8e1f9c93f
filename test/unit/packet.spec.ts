// Packets: their record's layout, the view that headers move, and who may take how many.

import { ADAPTERS, CONTROL_PACKETS, RX_RING } from "profile";
import { ALL_PACKETS, BUFFER_BYTES, FRAME_OFFSET, HEADROOM, MSS } from "../../assembly/base/config";
import { BUFFER_BASE, PACKET_BASE, PACKET_BYTES } from "../../assembly/base/memory";
import { packetPool } from "../../assembly/base/pool";
import { releaseAll } from "../../assembly/device/chain";
import {
  available,
  hold,
  Packet,
  promise,
  release,
  ringWants,
  startPackets,
  takePacket,
  takeRingPacket,
  takeSharedPacket,
} from "../../assembly/device/packet";

function take(): Packet {
  return assert(takePacket(), "a packet is free");
}

describe("a packet's record", () => {
  beforeEach(startPackets);

  it("has its size and lies in the region of records", () => {
    expect<usize>(offsetof<Packet>()).toBe(PACKET_BYTES);
    const at = changetype<usize>(take());
    expect<bool>(at >= PACKET_BASE && at < PACKET_BASE + ALL_PACKETS * PACKET_BYTES).toBe(true);
  });

  it("has a buffer of its own, whose frame begins where the IP header will be aligned", () => {
    const a = take();
    const b = take();
    expect<usize>(a.data - a.buffer).toBe(FRAME_OFFSET);
    expect<usize>((a.data + 14) & 3).toBe(0);
    const distance = a.buffer > b.buffer ? a.buffer - b.buffer : b.buffer - a.buffer;
    expect<bool>(distance >= <usize>BUFFER_BYTES).toBe(true);
    expect<usize>((a.buffer - BUFFER_BASE) % BUFFER_BYTES).toBe(0);
  });

  it("has room for headers and an MSS of data", () => {
    expect<bool>(HEADROOM + MSS <= BUFFER_BYTES).toBe(true);
  });
});

describe("a packet's view", () => {
  beforeEach(startPackets);

  it("grows and shrinks at the front without moving a byte", () => {
    const packet = take();
    packet.data = packet.buffer + HEADROOM;
    packet.length = 100;
    store<u32>(packet.data, 0x01020304);
    const data = packet.data;
    expect<usize>(packet.push(20)).toBe(data - 20);
    expect<u32>(packet.length).toBe(120);
    packet.pull(20);
    expect<usize>(packet.data).toBe(data);
    expect<u32>(packet.length).toBe(100);
    expect<u32>(load<u32>(packet.data)).toBe(0x01020304);
    expect<u32>(packet.tailRoom).toBe(BUFFER_BYTES - HEADROOM - 100);
  });

  throws("cannot grow past the start of the buffer", () => {
    startPackets();
    take().push(FRAME_OFFSET + 1);
  });

  throws("cannot shrink past its end", () => {
    startPackets();
    take().pull(1);
  });
});

describe("holders", () => {
  beforeEach(startPackets);

  it("keep a packet until the last lets go", () => {
    const packet = take();
    hold(packet);
    release(packet);
    expect<u32>(packetPool.used).toBe(1);
    release(packet);
    expect<u32>(packetPool.used).toBe(0);
  });

  it("let go of a whole queue at once", () => {
    let head: Packet | null = null;
    for (let i = 0; i < 5; i++) {
      const packet = take();
      packet.next = head;
      head = packet;
    }
    expect<u32>(packetPool.used).toBe(5);
    releaseAll(head);
    expect<u32>(packetPool.used).toBe(0);
  });

  throws("cannot let go twice", () => {
    startPackets();
    const packet = take();
    release(packet);
    release(packet);
  });
});

describe("the shared part of the pool", () => {
  beforeEach(startPackets);

  it("leaves out what is kept for control, promised, or due to receive rings", () => {
    // The receive rings of adapters that are not there yet have their share from the start.
    const all = <i32>(ALL_PACKETS - CONTROL_PACKETS - ADAPTERS * RX_RING);
    expect<i32>(available()).toBe(all);
    promise(10);
    expect<i32>(available()).toBe(all - 10);
    ringWants(3);
    expect<i32>(available()).toBe(all - 13);
    promise(-10);
    ringWants(-3);
    expect<i32>(available()).toBe(all);
  });

  it("is refused to data when it is used up, while control still gets a packet", () => {
    promise(available() - 1);
    expect<bool>(takeSharedPacket() != null).toBe(true);
    expect<bool>(takeSharedPacket() == null).toBe(true);
    expect<u32>(packetPool.refused).toBe(1);
    expect<bool>(takePacket() != null).toBe(true);
  });

  it("is refused to receive rings before promises are broken", () => {
    promise(ALL_PACKETS - CONTROL_PACKETS / 2);
    expect<bool>(takeRingPacket() == null).toBe(true);
    promise(-1);
    expect<bool>(takeRingPacket() != null).toBe(true);
  });
});
