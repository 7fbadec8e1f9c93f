// Plays a segment script against the real core under a virtual clock: jumps from one event to the next, either the
// script's or the one that the stack has asked for, and fails on the first thing that is not as the script says.

import { Autoconfig } from "../../assembly/abi/addresses.ts";
import { Counter } from "../../assembly/abi/counters.ts";
import { Errno } from "../../assembly/abi/errno.ts";
import { Region } from "../../assembly/abi/regions.ts";
import { State, Status } from "../../assembly/abi/status.ts";
import { type Network, networkWith, OUR_MAC, type Version } from "./addresses.ts";
import { Applications } from "./calls.ts";
import { endEverything, findLeftover, findUntimed } from "./closing.ts";
import { describeFrame, difference, wayDifference } from "./compare.ts";
import { type Conversation, LISTEN_PORT } from "./conversation.ts";
import type { ReadFrame } from "./frames.ts";
import { isHidden } from "./hidden.ts";
import { Machine, type SocketRow } from "./machine.ts";
import { endsDifference } from "./manners.ts";
import type { PacketEvent } from "./patterns.ts";
import { Peer } from "./peer.ts";
import { namesOfMade, rowDifference } from "./rows.ts";
import {
  type Autoconfigured,
  type Directives,
  parseScript,
  type Result,
  type Script,
  ScriptError,
  STATES,
  type Step,
} from "./script.ts";
import { Tally } from "./tally.ts";

/** How far a moment may be from the one a script names, in microseconds. */
const TOLERANCE = 1_000;
/** Where the virtual clock starts, in microseconds; not zero, so that nothing rests on it. */
const START = 3_600_000_000;
/** Microseconds of one step of the clock behind initial sequence numbers (RFC 6528 §3). */
const ISS_TICK = 4;

/**
 * Microseconds in which an adapter comes to rest: its addresses are its own (RFC 4862 §5.4, RFC 5227 §2.1), no router has
 * answered (RFC 4861 §6.3.7) and groups are reported (RFC 3376 §4.2.14).
 */
const SETTLING = 30_000_000;

/** Longest Ethernet frame without its FCS, in bytes. */
const LONGEST_FRAME = 1514;

/** What whoever plays may choose instead of the script. */
export interface PlayOptions {
  /** Initial sequence numbers of the peer, and the one that the stack shall choose. */
  peerIss?: number;
  ourIss?: number;
  /** The version of IP, of a script that holds for both. */
  ip?: Version;
  /** A build of the profile other than the released one. */
  module?: WebAssembly.Module;
}

/** Plays `script`. Throws `ScriptError` at the first deviation. */
export async function play(script: Script, options: PlayOptions = {}): Promise<void> {
  const player = await prepare(script, options);
  player.playSteps();
  player.finish();
  player.demandIss(options.ourIss ?? script.directives.ourIss);
}

/** A player whose clock is set so that the stack will choose the initial sequence number that is asked for, if any is. */
export async function prepare(script: Script, options: PlayOptions = {}): Promise<Player> {
  const ourIss = options.ourIss ?? script.directives.ourIss;
  const found = ourIss === undefined ? undefined : await findIss(script, options);
  const wait = ourIss === undefined || found === undefined ? 0 : ((ourIss - found) >>> 0) * ISS_TICK;
  return Player.create(script, { ...options, start: START + wait });
}

/**
 * The initial sequence number that the stack chooses when its clock starts at `START`; undefined if it needs none. A
 * step that fails on the way will fail again when the script is played.
 */
async function findIss(script: Script, options: PlayOptions): Promise<number | undefined> {
  const player = await Player.create(script, options);
  try {
    player.playSteps(() => player.firstIss !== undefined);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
  }
  return player.firstIss;
}

interface Sent {
  time: number;
  read: ReadFrame;
}

/** Something was not as the script says; becomes a `ScriptError` with the step's line. */
class Deviation extends Error {}

const AUTOCONFIG: Readonly<Record<Autoconfigured, number>> = {
  none: 0,
  "link-local": Autoconfig.LINK_LOCAL,
  routers: Autoconfig.ROUTERS,
  temporary: Autoconfig.TEMPORARY,
  "ipv4-link-local": Autoconfig.IPV4_LINK_LOCAL,
  dhcp: Autoconfig.DHCP,
  "dhcp-unchecked": Autoconfig.DHCP | Autoconfig.DHCP_UNCHECKED,
};

// An adapter with the network's addresses, which over IPv6 also listens to routers; what the core answers.
function giveAddresses(machine: Machine, network: Network, { addresses, autoconfigure }: Directives): number {
  const adapter = machine.plugIn(OUR_MAC);
  const { ours, local, prefixLength, further = [] } = network;
  const usual = [...(local ? [local] : []), ours].map((address) => ({ address, prefixLength }));
  const isClaimed = network.version === 6 || addresses === "claimed";
  const added = [...(addresses === "none" ? [] : usual), ...further].map((each) =>
    machine.addAddress(adapter, each.address, each.prefixLength, isClaimed),
  );
  const listens = network.version === 6 && !autoconfigure.includes("none") ? Autoconfig.ROUTERS : 0;
  const bits = autoconfigure.reduce((sum, name) => sum | AUTOCONFIG[name], listens as number);
  return Math.min(...added, machine.call("configure", adapter, bits));
}

export class Player {
  /** Frames of the stack that no step has taken yet. */
  readonly #sent: Sent[] = [];
  readonly #transcript: string[] = [];
  readonly #applications: Applications;
  readonly #tally = new Tally();
  #previous: number;
  #step: Step;
  #countersAtStart: number[];
  #usedAtStart: number[];
  firstIss: number | undefined;

  static async create(script: Script, options: PlayOptions & { start?: number } = {}): Promise<Player> {
    const { profile, seed, start, ip, peer, further, arp, nd } = script.directives;
    const { start: begin = START, peerIss = script.directives.peerIss, module } = options;
    const powerOn = start === "cold" ? begin : begin - SETTLING;
    const machine = await Machine.create({ profile, seed, start: powerOn, ...(module && { module }) });
    const network = networkWith(ip ?? options.ip ?? 4, peer, further);
    network.made = namesOfMade(machine, network);
    const added = giveAddresses(machine, network, script.directives);
    if (added < 0) {
      const sentence = `the firmware of profile ${profile} takes no IPv${network.version} address: ${Errno[-added]}`;
      throw new ScriptError(script.file, 1, sentence);
    }
    return new Player(script, machine, new Peer(peerIss, { arp, nd }, network), begin);
  }

  private constructor(
    readonly script: Script,
    readonly machine: Machine,
    readonly peer: Peer,
    readonly begin: number,
  ) {
    this.#applications = new Applications(machine, peer.network);
    this.#previous = machine.now;
    this.#step = script.steps[0] as Step;
    this.#usedAtStart = machine.used();
    if (machine.now < begin) this.#settle();
    else this.#poll();
    this.#countersAtStart = machine.counters();
  }

  /** Plays the steps until `enough` says so, or to the last. Throws `ScriptError` at the first deviation. */
  playSteps(enough: () => boolean = () => false, steps: readonly Step[] = this.script.steps): void {
    for (const [index, step] of steps.entries()) {
      this.#step = step;
      this.#explaining(() => this.#play(step, steps[index + 1]?.when.together === true));
      if (enough()) return;
    }
  }

  /** Plays lines that were not known when it began. Throws `ScriptError` at the first deviation. */
  playLines(lines: string): void {
    const { file, title } = this.script;
    this.playSteps(() => false, parseScript(file, `// ${title}\n${lines}`).steps);
  }

  /** The descriptor that the application holds in a conversation; undefined when it holds none. */
  descriptor(conversation: number): number | undefined {
    return this.#applications.descriptor(conversation);
  }

  /** Throws when the stack's first SYN had another initial sequence number than the clock was set for. */
  demandIss(ourIss: number | undefined): void {
    if (ourIss === undefined || this.firstIss === undefined || this.firstIss === ourIss >>> 0) return;
    const sentence = `the stack chose ISS ${this.firstIss}, although the clock was set for ${ourIss >>> 0}`;
    throw new ScriptError(this.script.file, 1, sentence);
  }

  // ---- steps -----------------------------------------------------------------------------------------------------

  #play(step: Step, moreFollows: boolean): void {
    const { event } = step;
    const isExpectation = "direction" in event && event.direction === "out";
    if (isExpectation) {
      this.#expect(step);
    } else {
      if (!step.when.together) {
        this.#advance(this.#previous + step.when.from);
        this.#demandSilence();
      }
      this.#act(step);
      if (!moreFollows) this.#poll();
    }
    if (step.state !== undefined) this.#demandState(step.conversation, step.state);
  }

  #act(step: Step): void {
    const { event } = step;
    const conversation = this.peer.conversation(step.conversation);
    switch (event.kind) {
      case "call":
        this.#call(conversation, event.call, event.args, event.result);
        break;
      case "look":
        this.#look(step.conversation, event.what, event.name, event.low, event.high);
        break;
      case "row": {
        this.#poll(); // the machine's clock stands still between polls
        const wrong = rowDifference(this.machine, this.peer.network, event.look, event.wanted);
        if (wrong) fail(wrong);
        break;
      }
      case "new-iss":
        conversation.ourIss = undefined;
        conversation.peerIss = (conversation.peerIss + event.advance) >>> 0;
        this.#applications.restart(step.conversation);
        break;
      case "nothing":
        // Time alone passes.
        break;
      default:
        this.#inject(this.peer.frameOf(event, conversation));
    }
  }

  #inject(frame: Uint8Array): void {
    if (frame.length > LONGEST_FRAME) fail(`a frame of ${frame.length} bytes is too long for Ethernet`);
    this.#note(`${this.#step.text}`);
    this.machine.inject(frame);
  }

  #call(conversation: Conversation, call: string, args: string[], wanted: Result | undefined): void {
    const got = this.#applications.perform(conversation, call, args);
    this.#note(`${call} ${args.join(" ")} = ${got}`);
    const isDemanded = wanted !== undefined || this.script.directives.demand === "all";
    const right = !isDemanded || (wanted === undefined ? isGood(call, args, got) : got === wanted);
    if (!right) fail(`${call} returned ${got}`);
  }

  #look(number: number, what: "counter" | "status" | "pool", name: string, low: number, high: number): void {
    const value = this.#value(number, what, name);
    if (value < low || value > high) fail(`${what} ${name} is ${value}`);
  }

  #value(number: number, what: "counter" | "status" | "pool", name: string): number {
    if (what === "counter") {
      return this.#counted(Counter[name as keyof typeof Counter] ?? fail(`there is no counter ${name}`));
    }
    if (what === "pool") {
      const index = Region[name as keyof typeof Region] ?? fail(`there is no region ${name}`);
      return this.machine.used()[index] - this.#usedAtStart[index];
    }
    const word = STATUS_WORDS[name] ?? fail(`there is no status word ${name}`);
    const row = this.#row(number) ?? fail("the connection has no row in the table of sockets");
    return row.words[word];
  }

  #counted(counter: Counter): number {
    return this.machine.counters()[counter] - this.#countersAtStart[counter];
  }

  // ---- time ------------------------------------------------------------------------------------------------------

  /** Lets time pass until `time`; the stack acts whenever it has asked to. */
  #advance(time: number): void {
    while (this.machine.wakeAt <= time) {
      this.machine.now = Math.max(this.machine.now, this.machine.wakeAt);
      this.#poll();
    }
    this.machine.now = time;
    this.#previous = time;
  }

  /** Lets the adapter come to rest: what the stack says of itself meanwhile is no part of the script. */
  #settle(): void {
    this.#explaining(() => {
      this.#advance(this.begin);
      this.#poll(); // what was sent last is given back
    });
    this.#sent.length = 0;
    this.#transcript.length = 0;
  }

  /** Runs the stack until it has nothing left to do at this moment, then takes what it has sent. */
  #poll(): void {
    do {
      this.machine.poll();
      for (const frame of this.machine.takeFrames()) this.#receive(frame);
    } while (this.machine.wakeAt <= this.machine.now);
    this.#demandTimers();
  }

  #receive(frame: Uint8Array): void {
    const read = this.peer.receive(frame, (reply) => this.machine.inject(reply));
    if (read.tcp) {
      this.#tally.note(read.tcp);
      this.firstIss ??= this.peer.conversationOf(read.tcp).ourIss;
    }
    this.#note(describeFrame(this.peer, read));
    if (this.script.directives.demand === "none") this.#demandUsual(read);
    else if (!isHidden(read, this.script.directives)) this.#sent.push({ time: this.machine.now, read });
  }

  /** What no line looks at must go between the usual ends, and be of a protocol that the stack speaks. */
  #demandUsual(read: ReadFrame): void {
    const isBetween = read.tcp ?? read.udp ?? read.icmp;
    const wrong = isBetween && endsDifference(read.ip, this.peer.network);
    if (wrong !== undefined) fail(wrong);
    if (read.other) fail(`IP protocol ${read.ip?.protocol} is none that the stack speaks`);
  }

  // ---- expectations ----------------------------------------------------------------------------------------------

  #expect(step: Step): void {
    const earliest = this.#previous + step.when.from - TOLERANCE;
    const latest = this.#previous + step.when.to + TOLERANCE;
    while (this.#sent.length === 0 && this.machine.wakeAt <= latest) {
      this.machine.now = Math.max(this.machine.now, this.machine.wakeAt);
      this.#poll();
    }
    const sent = this.#sent.shift() ?? fail("the stack sent nothing");
    const event = step.event as PacketEvent;
    const conversation = this.peer.conversation(step.conversation);
    const wrong = difference(event, sent.read, conversation, this.peer) ?? wayDifference(event, sent.read);
    if (wrong) fail(`the stack sent ${describeFrame(this.peer, sent.read)}: ${wrong}`);
    if (sent.time < earliest)
      fail(`the segment came ${seconds(step.when.from - (sent.time - this.#previous))} too early`);
    if (sent.time > latest) fail(`the segment came ${seconds(sent.time - this.#previous - step.when.to)} too late`);
    this.#previous = sent.time;
  }

  #demandSilence(): void {
    const [sent] = this.#sent;
    if (!sent) return;
    fail(`the stack sent ${describeFrame(this.peer, sent.read)}, which the script does not expect`);
  }

  #demandState(number: number, wanted: State): void {
    const state = this.#row(number)?.state ?? State.CLOSED;
    if (state !== wanted) fail(`the state is ${stateName(state)} instead of ${stateName(wanted)}`);
  }

  #demandTimers(): void {
    const untimed = findUntimed(this.machine);
    if (untimed) fail(`a connection in ${stateName(untimed.state)} has unacknowledged data and no timer`);
  }

  /** The row of a conversation in the table of sockets; one that is over only when there is no other. */
  #row(number: number): SocketRow | undefined {
    const rows = this.machine.rows();
    if (number === 0) return rows.find((row) => row.state === State.LISTEN && row.localPort === LISTEN_PORT);
    const { ourPort, peerPort } = this.peer.conversation(number);
    const own = rows.filter((row) => row.localPort === ourPort && row.remotePort === peerPort);
    const live = own.find((row) => row.state !== State.TIME_WAIT && row.state !== State.CLOSED);
    return live ?? own.find((row) => row.state === State.TIME_WAIT) ?? own[0];
  }

  // ---- the end ---------------------------------------------------------------------------------------------------

  /** Ends everything that the script left open and demands that every pool is as it was at the start. */
  finish(): void {
    this.#explaining(() => {
      this.#demandSilence();
      const turn = (): void => this.#poll();
      endEverything(this.machine, this.peer, this.#applications.descriptors(), this.#usedAtStart, turn);
      const leftover = findLeftover(this.machine, this.#usedAtStart);
      if (leftover !== undefined) fail(leftover);
      // Where the neighbor does not answer, what was counted may never have been seen; a segment that is new in part, as
      // only peers with strange windows get it, may be counted either way.
      const isClear =
        this.peer.answers.arp === "auto" && this.peer.answers.nd === "auto" && this.script.directives.demand === "all";
      const miscounted = isClear ? this.#tally.difference((one) => this.#counted(one)) : undefined;
      if (miscounted !== undefined) fail(miscounted);
    });
  }

  // ---- reports ---------------------------------------------------------------------------------------------------

  #note(text: string): void {
    this.#transcript.push(`${seconds(this.machine.now - this.begin).padStart(11)}  ${text}`);
  }

  /** Gives an error the step's line, and the story until then. */
  #explaining(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw error instanceof Error ? this.#explained(error) : error;
    }
  }

  #explained(error: Error): ScriptError {
    const story = this.#transcript.slice(-24).join("\n    ");
    const sentence = `${this.#step.text}\n  ${error.message}\n  What happened until then:\n    ${story}`;
    const explained = new ScriptError(this.script.file, this.#step.line, sentence);
    if (!(error instanceof Deviation)) explained.cause = error;
    return explained;
  }
}

/** The words of the table of sockets that scripts look at. */
const STATUS_WORDS: Readonly<Record<string, number>> = {
  RECV_Q: Status.RECV_Q,
  SEND_Q: Status.SEND_Q,
  TIMER: Status.TIMER,
  SND_WND: Status.SND_WND,
  RCV_WND: Status.RCV_WND,
  CWND: Status.CWND,
  SSTHRESH: Status.SSTHRESH,
  SRTT: Status.SRTT,
  RTTVAR: Status.RTTVAR,
  RTO: Status.RTO,
  RETRANSMITS: Status.RETRANSMITS,
  BACKOFF: Status.BACKOFF,
  SND_MSS: Status.SND_MSS,
  RX_HELD: Status.RX_HELD,
  TX_HELD: Status.TX_HELD,
  OUT_OF_ORDER: Status.OUT_OF_ORDER,
  BLOCKED: Status.BLOCKED,
  ERROR: Status.ERROR,
  SACKED: Status.SACKED,
  LOST: Status.LOST,
  PHASE: Status.PHASE,
  CONTROLLER: Status.CONTROLLER,
  MIN_RTT: Status.MIN_RTT,
  OPTIONS: Status.OPTIONS,
  SND_SHIFT: Status.SND_SHIFT,
  RCV_SHIFT: Status.RCV_SHIFT,
  REORDERING: Status.REORDERING,
  KEEP_PROBES: Status.KEEP_PROBES,
};

/** Without a result demanded, a call must not fail, and `write` must take all. */
function isGood(call: string, args: readonly string[], got: string): boolean {
  return call === "write" ? got === args[0] : !got.startsWith("-");
}

function fail(sentence: string): never {
  throw new Deviation(sentence);
}

function stateName(state: State): string {
  return [...STATES].find(([, value]) => value === state)?.[0] ?? String(state);
}

function seconds(microseconds: number): string {
  return `${(microseconds / 1_000_000).toFixed(6)}s`;
}
