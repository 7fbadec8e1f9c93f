// Why a sender ran into its retransmission timer instead of being told of a loss by acknowledgments.

import { Counter } from "../../../assembly/abi/counters.ts";
import { Status } from "../../../assembly/abi/status.ts";
import type { Machine } from "../machine.ts";

/** With fewer segments than this on their way, three duplicate ACKs cannot come back (RFC 5681 §3.2). */
const SEGMENTS_FOR_DUPLICATES = 4;

/** Time-outs by what was the case before them. */
export interface TimeoutCauses {
  /** Something was sent again with the last acknowledgment of anything new or since: that copy is lost, too. */
  copyLost: number;
  /** Otherwise: too few segments were on their way for three duplicate ACKs. */
  fewOnTheirWay: number;
  /** Otherwise: more was on its way, and yet the sender did not find out. */
  unnoticed: number;
}

/** Watches one connection of a machine: `look` after each run of it. */
export class TimeoutWatch {
  readonly #machine: Machine;
  readonly #fd: number;
  readonly #causes: TimeoutCauses = { copyLost: 0, fewOnTheirWay: 0, unnoticed: 0 };
  #timeouts = 0;
  #una = -1;
  /** Segments on their way after the machine's last run. */
  #flight = 0;
  /** Retransmissions up to then, and those before the run that last brought an acknowledgment of something new. */
  #retransmissions = 0;
  #retransmissionsBeforeNews = 0;

  constructor(machine: Machine, fd: number) {
    this.#machine = machine;
    this.#fd = fd;
    this.#timeouts = this.#count(Counter.TcpTimeouts);
    this.look();
  }

  look(): void {
    const { core } = this.#machine;
    // A stream socket's row is the index in its descriptor.
    if (core.exports.describe(this.#fd & 0xffff) <= 0 || core.status(Status.HANDLE) !== this.#fd) return;
    const timeouts = this.#count(Counter.TcpTimeouts);
    for (; this.#timeouts < timeouts; this.#timeouts++) this.#classify();
    const una = core.status(Status.SND_UNA);
    if (una !== this.#una) this.#retransmissionsBeforeNews = this.#retransmissions;
    this.#retransmissions = this.#count(Counter.TcpRetransSegs);
    this.#una = una;
    const bytes = (core.status(Status.SND_NXT) - una) >>> 0;
    this.#flight = Math.ceil(bytes / core.status(Status.SND_MSS));
  }

  end(): { timeoutCauses: TimeoutCauses } {
    return { timeoutCauses: this.#causes };
  }

  #classify(): void {
    if (this.#retransmissions > this.#retransmissionsBeforeNews) this.#causes.copyLost++;
    else if (this.#flight < SEGMENTS_FOR_DUPLICATES) this.#causes.fewOnTheirWay++;
    else this.#causes.unnoticed++;
  }

  #count(counter: Counter): number {
    const { core } = this.#machine;
    return core.u32[core.countersWord + counter];
  }
}
