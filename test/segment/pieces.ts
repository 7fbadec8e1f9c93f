// Puts the fragments of the stack together, as a careful peer would: pieces of one packet may come in any order, but
// neither overlap nor differ in their headers.

import { concat, demand } from "./frames/bytes.ts";
import type { IpHeader } from "./frames/ip.ts";

interface Piece {
  offset: number;
  more: boolean;
  bytes: Uint8Array;
}

export class Pieces {
  readonly #packets = new Map<string, { ip: IpHeader; pieces: Piece[] }>();

  /** Takes a fragment; returns what its packet carries once it is whole. Throws `FrameError`. */
  add(ip: IpHeader, bytes: Uint8Array): { ip: IpHeader; payload: Uint8Array } | undefined {
    const { offset = 0, more = false } = ip.fragment ?? {};
    const key = [...ip.source, ...ip.destination, ip.identification, ip.protocol].join();
    const packet = this.#packets.get(key) ?? { ip, pieces: [] };
    this.#packets.set(key, packet);
    demand(packet.ip.ttl === ip.ttl && packet.ip.tos === ip.tos, "the fragments of a packet have different headers");
    packet.pieces.push({ offset, more, bytes });
    packet.pieces.sort((a, b) => a.offset - b.offset);
    const payload = join(packet.pieces);
    if (payload === undefined) return undefined;
    this.#packets.delete(key);
    return { ip: packet.ip, payload };
  }
}

function join(pieces: readonly Piece[]): Uint8Array | undefined {
  let end = 0;
  for (const { offset, bytes } of pieces) {
    demand(offset >= end, "the fragments of a packet overlap");
    if (offset > end) return undefined;
    end = offset + bytes.length;
  }
  return pieces[pieces.length - 1].more ? undefined : concat(pieces.map(({ bytes }) => bytes));
}

/** The bytes of `whole` from `first` to `last`; what lies behind its end is zero, so that a script can go too far. */
export function cut(whole: Uint8Array, first: number, last: number): Uint8Array {
  const piece = new Uint8Array(last - first);
  piece.set(whole.subarray(Math.min(first, whole.length), Math.min(last, whole.length)));
  return piece;
}
