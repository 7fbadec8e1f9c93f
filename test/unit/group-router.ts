// A multicast router with one host on its link, as RFC 3376 §6.4 and RFC 3810 §7.4 see one: it knows what it was told, by
// the reports that it reads from the adapter's transmit ring, and nothing else.

import { RX_RING, TX_RING } from "profile";
import { be16 } from "../../assembly/base/bytes";
import { ETHERNET_HEADER_BYTES } from "../../assembly/base/config";
import { DESCRIPTOR_BYTES, RINGS_BASE } from "../../assembly/base/memory";
import { Adapter } from "../../assembly/device/adapter";
import { Packet } from "../../assembly/device/packet";
import { reclaimRingMac } from "../../assembly/device/ring-mac";
import { RecordType } from "../../assembly/ip/report-message";

/** The groups and sources of a test are numbered by their last byte, from 1 on. */
export const MOST: u32 = 4;

const TX_DESCRIPTORS: usize = RX_RING * DESCRIPTOR_BYTES;
const TX_PACKETS: usize = (RX_RING + TX_RING) * DESCRIPTOR_BYTES + RX_RING * 4;
/** From the start of a frame to the report in it, and bytes of an address, by version of IP. */
const REPORT_AT: u32[] = [ETHERNET_HEADER_BYTES + 24, ETHERNET_HEADER_BYTES + 48];
const WIDTH: u32[] = [4, 16];

export class Router {
  /** Of each group: whether all sources are wanted, and otherwise which. */
  exclude: StaticArray<bool> = new StaticArray<bool>(MOST + 1);
  include: StaticArray<bool> = new StaticArray<bool>((MOST + 1) * (MOST + 1));
  /** Reports read, and those of them that were taken for lost. */
  reports: u32 = 0;
  lost: u32 = 0;

  constructor(readonly isV6: bool) {}

  /** Reads what the adapter has sent; with `loses`, every other report is lost. Gives the packets back. */
  listen(adapter: Adapter, loses: bool): void {
    const rings = RINGS_BASE;
    while (adapter.txUsed) {
      const place = adapter.txDone;
      const packet = changetype<Packet>(load<usize>(rings + TX_PACKETS + place * 4));
      this.reports++;
      if (loses && this.reports & 1) this.lost++;
      else this.read(packet.data + REPORT_AT[this.isV6 ? 1 : 0]);
      store<u32>(rings + TX_DESCRIPTORS + place * DESCRIPTOR_BYTES, 0); // the MAC has sent it
      reclaimRingMac(adapter);
    }
  }

  private read(report: usize): void {
    const width = WIDTH[this.isV6 ? 1 : 0];
    let at = report + 8;
    for (let left = be16(report, 6); left; left--) {
      const sources = be16(at, 2);
      const group: u32 = load<u8>(at + 3 + width);
      const first = at + 4 + width;
      if (group <= MOST) this.take(load<u8>(at), group, first, sources, width);
      at = first + sources * width;
    }
  }

  private take(type: u32, group: u32, first: usize, sources: u32, width: u32): void {
    const isMode = type == RecordType.TO_EXCLUDE || type == RecordType.IS_EXCLUDE;
    if (isMode || type == RecordType.TO_INCLUDE) {
      this.exclude[group] = isMode;
      for (let i: u32 = 1; i <= MOST; i++) this.include[group * (MOST + 1) + i] = false;
    }
    for (let i: u32 = 0; i < sources; i++) {
      const source: u32 = load<u8>(first + i * width + width - 1);
      this.include[group * (MOST + 1) + source] = type != RecordType.BLOCK;
    }
  }

  wants(group: u32, source: u32): bool {
    return this.exclude[group] || this.include[group * (MOST + 1) + source];
  }
}
