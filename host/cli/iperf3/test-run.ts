// What both sides of a test do once its streams are open: they run, are looked at every second, and are summed up.

import type { Flow, PathFigures } from "./flow.ts";
import type { Parameters, Results } from "./protocol.ts";

/** One stream in one interval, or in the whole test. Times in seconds from the beginning. */
export interface FlowReport {
  flow: Flow;
  start: number;
  end: number;
  bytes: number;
  packets: number;
  lost: number;
  outOfOrder: number;
  jitter: number;
  /** null where they are not known: a receiver's, and UDP's. */
  path: PathFigures | null;
  /** Segments sent again in this interval; null likewise. */
  retransmits: number | null;
}

/** What a test looks like from outside while it runs. */
export interface TestObserver {
  /** The streams are open. */
  started(run: TestRun): void;
  interval(reports: readonly FlowReport[], isWarmUp: boolean): void;
}

export class TestRun {
  readonly flows: readonly Flow[];
  readonly parameters: Parameters;
  #observer: TestObserver;
  #interval: number;
  #began = 0;
  #ended = 0;
  #cpuBefore = process.cpuUsage();
  #isWarmUp = false;
  #last = new Map<
    Flow,
    { at: number; bytes: number; packets: number; lost: number; outOfOrder: number; retransmits: number }
  >();
  #timers: NodeJS.Timeout[] = [];
  #onEnd = (): void => {};
  readonly #end = new Promise<void>((resolve) => {
    this.#onEnd = resolve;
  });

  /** `interval` in seconds between reports; 0: none. */
  constructor(flows: readonly Flow[], parameters: Parameters, interval: number, observer: TestObserver) {
    this.flows = flows;
    this.parameters = parameters;
    this.#interval = interval;
    this.#observer = observer;
  }

  /** Resolves when the limits of the test are reached, or `finish` is called. */
  get done(): Promise<void> {
    return this.#end;
  }

  /** Lets the streams run. `limited`: this side ends the test when its time is over or its bytes are through. */
  start(limited: boolean): void {
    const { omit, time, num, blockcount } = this.parameters;
    this.#began = performance.now();
    this.#cpuBefore = process.cpuUsage();
    this.#isWarmUp = omit > 0;
    this.#observer.started(this);
    for (const flow of this.flows) flow.start(() => {});
    if (this.#interval > 0) this.#every(this.#interval * 1000, () => this.#report());
    if (omit > 0) this.#timers.push(setTimeout(() => this.#endWarmUp(), omit * 1000));
    if (!limited) return;
    if (num === 0 && blockcount === 0) this.#timers.push(setTimeout(() => this.finish(), (omit + time) * 1000));
    else this.#every(10, () => this.#isThrough() && this.finish());
  }

  /** Stops counting; `done` resolves. */
  finish(): void {
    if (this.#ended > 0) return;
    this.#ended = performance.now();
    for (const timer of this.#timers) clearTimeout(timer);
    for (const flow of this.flows) flow.stop();
    // A piece of an interval at the end counts as one, unless it is a mere breath.
    if (this.#interval > 0 && this.seconds - this.#lastAt() > 0.1 * this.#interval) this.#report();
    this.#onEnd();
  }

  /** Since the beginning, or since the warm-up was over. */
  get seconds(): number {
    return ((this.#ended || performance.now()) - this.#began) / 1000;
  }

  /** Every stream over the whole test. */
  total(): FlowReport[] {
    const end = this.seconds;
    return this.flows.map((flow) => {
      const path = flow.sends ? flow.path() : null;
      return { flow, start: 0, end, ...flow.tally, jitter: flow.jitter, path, retransmits: path?.retransmits ?? null };
    });
  }

  /** What the other side is told. */
  results(): Results {
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    const share = (micros: number): number => (100 * micros) / (this.seconds * 1e6);
    const sendsTcp = !this.parameters.udp && this.flows.some(({ sends }) => sends);
    const streams = this.total().map(({ flow, bytes, packets, lost, jitter, retransmits, end }) => ({
      ...{ id: flow.id, bytes, retransmits: retransmits ?? -1, jitter, errors: lost, packets },
      ...{ start_time: 0, end_time: end },
    }));
    return {
      cpu_util_total: share(user + system),
      cpu_util_user: share(user),
      cpu_util_system: share(system),
      sender_has_retransmits: sendsTcp ? 1 : this.parameters.udp ? 0 : -1,
      ...(sendsTcp ? { congestion_used: "cubic" } : {}),
      streams,
    };
  }

  #every(milliseconds: number, run: () => void): void {
    this.#timers.push(setInterval(run, milliseconds));
  }

  #isThrough(): boolean {
    const { num, blockcount } = this.parameters;
    const sum = (of: (flow: Flow) => number): number => this.flows.reduce((total, flow) => total + of(flow), 0);
    return num > 0 ? sum(({ tally }) => tally.bytes) >= num : sum(({ tally }) => tally.blocks) >= blockcount;
  }

  #endWarmUp(): void {
    this.#report();
    this.#isWarmUp = false;
    this.#began = performance.now();
    this.#last.clear();
    for (const flow of this.flows) flow.restart();
  }

  #lastAt(): number {
    return Math.max(0, ...[...this.#last.values()].map(({ at }) => at));
  }

  #report(): void {
    const end = this.seconds;
    const reports = this.flows.map((flow) => {
      const path = flow.sends ? flow.path() : null;
      const now = { at: end, ...flow.tally, retransmits: path?.retransmits ?? 0 };
      const before = this.#last.get(flow) ?? { at: 0, bytes: 0, packets: 0, lost: 0, outOfOrder: 0, retransmits: 0 };
      this.#last.set(flow, now);
      return {
        ...{ flow, start: before.at, end, bytes: now.bytes - before.bytes, packets: now.packets - before.packets },
        ...{ lost: now.lost - before.lost, outOfOrder: now.outOfOrder - before.outOfOrder, jitter: flow.jitter, path },
        retransmits: path ? now.retransmits - before.retransmits : null,
      };
    });
    this.#observer.interval(reports, this.#isWarmUp);
  }
}
