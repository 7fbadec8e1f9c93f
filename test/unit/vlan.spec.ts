// The tag of a virtual LAN (IEEE 802.1Q), byte by byte: taken off so that nothing shows it was there, and put on.

import { Counter } from "../../assembly/abi/counters";
import { be16, setBe16 } from "../../assembly/base/bytes";
import { FRAME_OFFSET } from "../../assembly/base/config";
import { counted } from "../../assembly/base/counters";
import { Adapter, keepAdapter, nextAdapter, openVlan, startDevices } from "../../assembly/device/adapter";
import { Packet, release, startPackets, takePacket } from "../../assembly/device/packet";
import { putTag, TAGGED, takeTag } from "../../assembly/ethernet/vlan";

const IPV4: u32 = 0x0800;
const PAYLOAD: u32 = 46;

function parent(): Adapter {
  return changetype<Adapter>(changetype<usize>(nextAdapter()!));
}

/** A frame whose addresses are 1 to 12 and whose payload counts up from 100, with this control word and type behind it. */
function frame(control: u32, type: u32, payload: u32 = PAYLOAD): Packet {
  const packet = takePacket()!;
  packet.data = packet.buffer + FRAME_OFFSET;
  packet.length = 18 + payload;
  for (let i: usize = 0; i < 12; i++) store<u8>(packet.data + i, <u8>(i + 1));
  setBe16(packet.data, TAGGED, 12);
  setBe16(packet.data, control, 14);
  setBe16(packet.data, type, 16);
  for (let i: usize = 0; i < payload; i++) store<u8>(packet.data + 18 + i, <u8>(100 + i));
  packet.pull(14);
  return packet;
}

describe("the tag of a virtual LAN", () => {
  beforeEach(() => {
    startPackets();
    startDevices(0);
  });

  it("is taken off: the header stands in front of the payload as if there had been none", () => {
    const mac = parent();
    keepAdapter();
    const vlan: Adapter = openVlan(mac, 0x123)!;
    const packet = frame(0xe123, IPV4);
    expect<u32>(takeTag(mac, packet)).toBe(IPV4);
    expect<u32>(packet.adapter).toBe(vlan.index);
    expect<u32>(packet.length).toBe(PAYLOAD);
    expect<u32>(load<u8>(packet.data)).toBe(100);
    for (let i: usize = 0; i < 12; i++) expect<u32>(load<u8>(packet.data - 14 + i)).toBe(<u32>i + 1);
    expect<u32>(be16(packet.data - 2)).toBe(IPV4);
    release(packet);
  });

  it("without a number leaves the frame to the adapter itself", () => {
    const mac = parent();
    keepAdapter();
    const packet = frame(0xe000, IPV4);
    packet.adapter = mac.index;
    expect<u32>(takeTag(mac, packet)).toBe(IPV4);
    expect<u32>(packet.adapter).toBe(mac.index);
    release(packet);
  });

  it("drops and counts what it cannot be", () => {
    const mac = parent();
    keepAdapter();
    openVlan(mac, 7);
    const unknown = counted(Counter.EthInUnknownVlan);
    const doubled = counted(Counter.EthInDoubleTagged);
    const short = counted(Counter.EthInTooShort);
    expect<u32>(takeTag(mac, frame(8, IPV4))).toBe(0);
    expect<u32>(takeTag(mac, frame(7, TAGGED))).toBe(0);
    expect<u32>(takeTag(mac, frame(7, 0x88a8))).toBe(0);
    const cut = frame(7, IPV4);
    cut.length = 3;
    expect<u32>(takeTag(mac, cut)).toBe(0);
    expect<u32>(counted(Counter.EthInUnknownVlan) - unknown).toBe(1);
    expect<u32>(counted(Counter.EthInDoubleTagged) - doubled).toBe(2);
    expect<u32>(counted(Counter.EthInTooShort) - short).toBe(1);
  });

  it("is put on in front of the type", () => {
    const mac = parent();
    keepAdapter();
    const vlan: Adapter = openVlan(mac, 4094)!;
    const packet = takePacket()!;
    packet.data = packet.buffer + FRAME_OFFSET + 18;
    packet.length = 20;
    store<u32>(packet.data, 0x11223344);
    putTag(vlan, packet, IPV4);
    expect<u32>(packet.length).toBe(24);
    expect<u32>(be16(packet.data)).toBe(4094);
    expect<u32>(be16(packet.data, 2)).toBe(IPV4);
    expect<u32>(load<u32>(packet.data, 4)).toBe(0x11223344);
    release(packet);
  });
});
