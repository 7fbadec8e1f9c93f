// The TCP header where it lies in a packet (RFC 9293 §3.1).

import { be16, be32, bswap16, setBe32 } from "../../base/bytes";

export const enum Flag {
  FIN = 1,
  SYN = 2,
  RST = 4,
  PSH = 8,
  ACK = 16,
  URG = 32,
  /** Explicit congestion notification (RFC 3168): an echo of it, and the answer to the echo. */
  ECE = 64,
  CWR = 128,
}

@unmanaged
@final
export class TcpHeader {
  @inline get sourcePort(): u32 {
    return be16(changetype<usize>(this), 0);
  }
  @inline get destinationPort(): u32 {
    return be16(changetype<usize>(this), 2);
  }
  @inline get seq(): u32 {
    return be32(changetype<usize>(this), 4);
  }
  @inline get ack(): u32 {
    return be32(changetype<usize>(this), 8);
  }
  /** Bytes of the header, options counted. */
  @inline get headerBytes(): u32 {
    return (<u32>load<u8>(changetype<usize>(this), 12) >> 4) << 2;
  }
  @inline get flags(): u32 {
    return load<u8>(changetype<usize>(this), 13);
  }
  @inline get window(): u32 {
    return be16(changetype<usize>(this), 14);
  }
  @inline get urgent(): u32 {
    return be16(changetype<usize>(this), 18);
  }
}

/** Offsets of the flags, of the checksum and of the urgent pointer, for those who fill them in. */
export const FLAGS: usize = 13;
export const CHECKSUM: usize = 16;
export const URGENT_POINTER: usize = 18;

/** Writes a header whose checksum and urgent pointer are 0. `headerBytes` counts the options, which the caller writes behind it. */
export function writeTcpHeader(
  p: usize,
  sourcePort: u32,
  destinationPort: u32,
  seq: u32,
  ack: u32,
  headerBytes: u32,
  flags: u32,
  window: u32,
): void {
  // In whole words, since they are summed next: what was stored in halves is slow to load as wholes.
  store<u32>(p, bswap16(sourcePort) | (bswap16(destinationPort) << 16));
  setBe32(p, seq, 4);
  setBe32(p, ack, 8);
  store<u32>(p, ((headerBytes >> 2) << 4) | (flags << 8) | (bswap16(window) << 16), 12);
  store<u32>(p, 0, 16);
}
