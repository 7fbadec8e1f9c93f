// A peer that lies about what it has received: one connection, in the notation of segment scripts, with reports, windows
// and acknowledgments that are sometimes right, and routers that find segments too big. The application writes, reads
// and changes its mind. What comes of it is a script that can be played again.

import { State, Status } from "../../assembly/abi/status.ts";
import type { Random } from "../../host/random.ts";
import type { SocketRow } from "../segment/machine.ts";
import type { Player } from "../segment/play.ts";

const WINDOWS = [65535, 65535, 65535, 20000, 5000, 999, 100, 1, 0];
const SEGMENT_SIZES = [1460, 1000, 536, 300];
const PAUSES = [0.0001, 0.001, 0.005, 0.025, 0.05, 0.21, 0.7];
const LINK_SIZES = [1400, 1000, 576, 300, 0];

/** The states in which the peer's sequence numbers move on, and with them its window (RFC 9293 §3.10.7.4). */
const TAKES_TEXT: ReadonlySet<State> = new Set([State.ESTABLISHED, State.FIN_WAIT_1]);

export class Liar {
  readonly #random: Random;
  readonly #mss: number;
  readonly #hasSack: boolean;
  readonly #isStamped: boolean;
  #window = 65535;
  /** What it acknowledges, and where its own data ends, from the initial sequence numbers on. */
  #acknowledged = 1;
  #sent = 1;
  /** Where the data ends of which it has sent anything: its window counts only in a segment that is no older. */
  #furthest = 1;

  constructor(random: Random) {
    this.#random = random;
    this.#mss = this.#pick(SEGMENT_SIZES);
    this.#hasSack = random.chance(0.8);
    this.#isStamped = random.chance(0.3);
  }

  /** How the connection begins. */
  opening(): string {
    const options = [
      ["+0 setopt ecn 1"],
      ["+0 setopt congestion reno"],
      ["+0 setopt nodelay 1"],
      ["+0 setopt keepalive 1", "+0 setopt keepalive-idle 3", "+0 setopt keepalive-interval 1"],
      [`+0 setopt linger ${this.#random.below(5)}`],
    ].filter(() => this.#random.chance(0.4));
    const sack = this.#hasSack ? ", sackOK" : "";
    const stamp = this.#isStamped ? `, timestamp ${this.#clock(0)} *` : "";
    const flags = this.#pick(["S.", "SE."]);
    const synAck = `< ${flags} 0:0(0) ack 1 win ${this.#pick(WINDOWS)} <mss ${this.#mss}${sack}${stamp}>`;
    return ["+0 socket", ...options.flat(), "+0 connect", `+0.02 ${synAck}`].join("\n");
  }

  /** What happens next, one step or several at once. */
  next(player: Player): string {
    const sndNxt = this.#followed(player);
    const count = this.#random.chance(0.3) ? 2 + this.#random.below(3) : 1;
    const steps = Array.from({ length: count }, () => this.#step(player, sndNxt));
    const pause = this.#random.chance(0.3) ? this.#pick(PAUSES) : 0;
    return steps.map((step, i) => `${i === 0 ? `+${pause}` : "&"} ${step}`).join("\n");
  }

  /** From here on it is honest: it fills the holes in its own data, acknowledges all that has come, and takes more. */
  amends(player: Player): string {
    this.#acknowledged = Math.max(this.#acknowledged, this.#followed(player));
    const rcvNxt = this.#row(player)?.words[Status.RCV_NXT];
    const first = rcvNxt === undefined ? this.#furthest : player.peer.conversation(1).peerRelative(rcvNxt);
    const bytes = Math.min(Math.max(0, this.#furthest - first), 1400);
    const stamp = this.#isStamped ? `<timestamp ${this.#clock(player.machine.now)} *>` : "";
    const numbers = `${first}:${first + bytes}(${bytes}) ack ${this.#acknowledged} win 65535`;
    return `+0.5 read 100000\n& < . ${numbers} ${stamp}`;
  }

  /** Bytes that the stack has to deliver; 0 when the connection is over, or the peer has no more say in its window. */
  queued(player: Player): number {
    const row = this.#row(player);
    return row && TAKES_TEXT.has(row.state) ? row.words[Status.SEND_Q] : 0;
  }

  /** How it ends, unless the peer does. */
  ending(): string {
    return this.#random.chance(0.5) ? "+0 close\n+3 (nothing)" : "+3 (nothing)";
  }

  #row(player: Player): SocketRow | undefined {
    return player.machine.rows().find(({ state }) => state !== State.CLOSED && state !== State.TIME_WAIT);
  }

  // SND.NXT of the stack, as far as there still is a connection.
  #followed(player: Player): number {
    const sndNxt = this.#row(player)?.words[Status.SND_NXT];
    return sndNxt === undefined ? this.#acknowledged : player.peer.conversation(1).ourRelative(sndNxt);
  }

  #step(player: Player, sndNxt: number): string {
    const which = this.#random.below(20);
    if (which < 4) return `write ${1 + this.#random.below(this.#pick([100, 3000, 30000]))}`;
    if (which < 15) return this.#segment(player, sndNxt);
    if (which === 15) return `< icmp frag-needed quoting ${this.#acknowledged} mtu ${this.#pick(LINK_SIZES)}`;
    if (which === 16) return `read ${this.#random.below(3000)}`;
    if (which === 17 && this.#random.chance(0.3)) return "setopt urgent 1";
    if (which === 18 && this.#random.chance(0.1)) return "shutdown write";
    return "(nothing)";
  }

  #segment(player: Player, sndNxt: number): string {
    if (sndNxt > this.#acknowledged && this.#random.chance(0.4)) {
      const more = 1 + this.#random.below(this.#pick([100, 1500, 6000, 100_000]));
      this.#acknowledged = Math.min(sndNxt, this.#acknowledged + more);
    }
    if (this.#random.chance(0.15)) this.#window = this.#pick(WINDOWS);
    const bytes = this.#random.chance(0.1) ? this.#pick([1, 100, 1400]) : 0;
    const first = this.#sent + (this.#random.chance(0.1) ? this.#random.below(3000) : 0);
    if (first === this.#sent) this.#sent += bytes;
    this.#furthest = Math.max(this.#furthest, first + bytes);
    const rare: [flag: string, probability: number][] = [
      ["E", 0.15],
      ["W", 0.15],
      ["U", 0.03],
      ["F", 0.005],
    ];
    const flags = rare.filter(([, probability]) => this.#random.chance(probability)).map(([flag]) => flag);
    const urgent = flags.includes("U") ? ` urg ${this.#random.below(65536)}` : "";
    const mark = this.#pick(["not-ect", "ect0", "ce"]);
    const numbers = `${first}:${first + bytes}(${bytes}) ack ${this.#acknowledged} win ${this.#window}`;
    return `< ${flags.join("")}. ${numbers}${urgent} ${mark} <${this.#options(player, sndNxt)}>`;
  }

  #options(player: Player, sndNxt: number): string {
    const most = this.#isStamped ? 3 : 4;
    const blocks = Array.from({ length: this.#random.below(most + 1) }, () => this.#block(sndNxt));
    const stamp = this.#isStamped ? [`timestamp ${this.#clock(player.machine.now)} *`] : [];
    return [...stamp, ...(blocks.length > 0 ? [`sack ${blocks.join(" ")}`] : [])].join(", ");
  }

  // Mostly whole segments of what is out; sometimes parts of them, what was acknowledged, or what was never sent.
  #block(sndNxt: number): string {
    const out = Math.max(1, sndNxt - this.#acknowledged + 1);
    if (this.#random.chance(0.6)) {
      const unit = this.#pick([this.#mss - (this.#isStamped ? 12 : 0), 100, 1]);
      const first = this.#acknowledged + Math.floor(this.#random.below(out) / unit) * unit;
      return `${first}:${Math.min(sndNxt, first + unit * (1 + this.#random.below(6)))}`;
    }
    const first = this.#acknowledged + (this.#random.chance(0.3) ? -this.#random.below(5000) : this.#random.below(out));
    return `${first}:${first + this.#random.below(this.#pick([10, 2000, 20_000]))}`;
  }

  // Its timestamps count milliseconds, from any start.
  #clock(now: number): number {
    return 1000 + (Math.floor(now / 1000) % 1_000_000_000);
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#random.below(values.length)] as T;
  }
}
