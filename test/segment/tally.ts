// Keeps count of the segments that a script sees on the wire, and compares with what the stack has counted itself
// (RFC 4022): whatever a script is about, its counters must be right.

import { Counter } from "../../assembly/abi/counters.ts";
import { FLAG_BITS, type TcpSegment } from "./frames.ts";

const SYN = FLAG_BITS.S;
const FIN = FLAG_BITS.F;
const RST = FLAG_BITS.R;
const ACK = FLAG_BITS["."];

/** What was sent of a conversation: its SYN, whether that went again, and where the sequence numbers end. */
interface Sent {
  syn: TcpSegment;
  synRepeated: boolean;
  end: number;
}

export class Tally {
  #segments = 0;
  #resets = 0;
  #again = 0;
  /** SYN,ACKs that may be taken for a repetition, or not. */
  #unclear = 0;
  readonly #sent = new Map<string, Sent>();

  /** A segment of the stack has been seen. */
  note(tcp: TcpSegment): void {
    this.#segments++;
    if (tcp.flags & RST) this.#resets++;
    const length = tcp.payload.length + (tcp.flags & SYN ? 1 : 0) + (tcp.flags & FIN ? 1 : 0);
    if (length > 0) this.#noteNumbers(tcp, (tcp.seq + length) | 0);
  }

  #noteNumbers(tcp: TcpSegment, end: number): void {
    const key = `${tcp.sourcePort} ${tcp.destinationPort}`;
    const before = this.#sent.get(key);
    const isSyn = (tcp.flags & SYN) !== 0;
    if (before === undefined || (isSyn && tcp.seq !== before.syn.seq)) {
      this.#sent.set(key, { syn: tcp, synRepeated: false, end });
    } else if (isSyn && (tcp.flags ^ before.syn.flags) & ACK) {
      // When both sides open at once the SYN becomes a SYN,ACK, which answers rather than tries again.
      if (before.synRepeated) this.#unclear++;
      before.syn = tcp;
    } else if (((end - before.end) | 0) <= 0) {
      this.#again++;
      before.synRepeated ||= isSyn;
    } else {
      before.end = end;
    }
  }

  /** The first counter that is not what was seen, as a sentence; undefined when all are. */
  difference(counted: (counter: Counter) => number): string | undefined {
    const rows: [counter: Counter, seen: number, most: number][] = [
      [Counter.TcpOutSegs, this.#segments, this.#segments],
      [Counter.TcpOutRsts, this.#resets, this.#resets],
    ];
    // Probes of a window that is shut are counted as such, whether their byte is new or not.
    if (counted(Counter.TcpWindowProbes) === 0) {
      rows.push([Counter.TcpRetransSegs, this.#again, this.#again + this.#unclear]);
    }
    const wrong = rows.find(([counter, seen, most]) => counted(counter) < seen || counted(counter) > most);
    return wrong && `the counter ${Counter[wrong[0]]} is ${counted(wrong[0])}, but ${wrong[1]} were seen`;
  }
}
