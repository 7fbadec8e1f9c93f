// Which frames a station takes from the wire: by destination address, as a MAC does it.

import { crc32 } from "./fcs.ts";

export class AddressFilter {
  /** The station's address: bytes 0 to 3 with the first lowest, and bytes 4 to 5. */
  low = 0;
  high = 0;
  /** The 64 bits of the multicast hash. */
  hashLow = 0;
  hashHigh = 0;
  promiscuous = false;
  allMulticast = false;
  /** The bit of the hash that admits a group; MACs differ. */
  hash: (bytes: Uint8Array) => number = multicastHash;

  admits(frame: Uint8Array): boolean {
    const low = frame[0] | (frame[1] << 8) | (frame[2] << 16) | (frame[3] << 24);
    const high = frame[4] | (frame[5] << 8);
    if (low === this.low && high === this.high) return true;
    if (this.promiscuous) return true;
    if ((frame[0] & 1) === 0) return false;
    if (low === -1 && high === 0xffff) return true;
    return this.allMulticast || this.#hashAdmits(frame);
  }

  #hashAdmits(frame: Uint8Array): boolean {
    if ((this.hashLow | this.hashHigh) === 0) return false;
    const bit = this.hash(frame);
    return ((bit < 32 ? this.hashLow : this.hashHigh) & (1 << (bit & 31))) !== 0;
  }
}

/** The bit of the hash, 0 to 63, that admits the group whose address begins `bytes`. */
export function multicastHash(bytes: Uint8Array): number {
  return crc32(bytes, 6) >>> 26;
}

/** The same for MACs whose CRC goes the other way: highest bit first, not inverted. */
export function highestBitFirstHash(bytes: Uint8Array): number {
  const mirrored = ~crc32(bytes, 6);
  let hash = 0;
  for (let bit = 0; bit < 6; bit++) hash = (hash << 1) | ((mirrored >>> bit) & 1);
  return hash;
}
