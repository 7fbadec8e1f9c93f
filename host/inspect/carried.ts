// What the readers of messages that IP carries are given, and what they have in common.

import type { Dissection } from "./dissection.ts";
import { internetChecksum } from "./fields.ts";

/** Where in the frame a message lies that IP carries, and what its checksum needs to know of the IP header. */
export interface CarriedPlace {
  frame: Uint8Array;
  start: number;
  end: number;
  version: 4 | 6;
  /** The source address and the destination address, as they lie in the header. */
  addresses: Uint8Array;
  protocol: number;
  /** False where the checksum cannot be checked: a first fragment, a quoted packet, one that is to be routed on. */
  whole: boolean;
  /** Quoted by an ICMP error, which keeps the beginning of it and may leave out the rest (RFC 792, RFC 4443 §2.4). */
  quoted: boolean;
}

/** Where a message quotes a packet, and where the dissection of that is to be put. */
export interface Quote {
  start: number;
  end: number;
  put(quoted: Dissection): void;
}

/** Notes what is wrong with a message, unless it is a quoted one: what is left out of that is no damage. */
export function complain(result: Dissection, { quoted }: CarriedPlace, sentence: string): void {
  if (!quoted) result.problems.push(sentence);
}

/** The checksum over a message up to `end` with its pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1): 0 when it is right. */
export function pseudoChecksum({ frame, start, addresses, protocol }: CarriedPlace, end: number): number {
  const length = end - start;
  const tail = Uint8Array.of(0, protocol, length >>> 8, length & 255);
  return internetChecksum(addresses, tail, frame.subarray(start, end));
}
