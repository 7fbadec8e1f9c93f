// Options of TCP sockets in the units and under the names that Node's users know, for connections and for listeners.

import { Congestion, SocketOption } from "../../assembly/abi/sockets.ts";
import { InputError } from "../errors.ts";
import type { CongestionName } from "../status.ts";
import type { SocketCalls } from "./calls.ts";

/** What may be said of a connection before it is there. Those that a listener accepts have its listener's options. */
export interface TcpOptions {
  /** Small pieces are sent at once (Nagle's algorithm off). */
  noDelay?: boolean;
  /** A silent peer is asked whether it is still there (RFC 9293 §3.8.4). */
  keepAlive?: boolean;
  /** Milliseconds of silence before the first probe, rounded up to seconds; 0 or none: two hours. */
  keepAliveInitialDelay?: number;
  /** The congestion controller; default "cubic". */
  congestion?: CongestionName;
  /** Milliseconds that data may stay unacknowledged before the connection is given up; default 100,000. */
  userTimeout?: number;
  /**
   * The peer is told of the user time-out, and its advice is followed where `userTimeout` was not given (RFC 5482). Throws
   * StackError EOPNOTSUPP where the firmware's profile has no such option.
   */
  userTimeoutOption?: boolean;
  /** Seconds that a closed connection may take to send what it has before it is reset; null: as long as it takes. */
  linger?: number | null;
}

/** A descriptor, and the calls that reach it. */
export interface OptionTarget {
  readonly calls: SocketCalls;
  readonly fd: number;
}

const LONGEST_KEEP_ALIVE_S = 65_535;
const LONGEST_LINGER_S = 65_534;
const LINGER_OFF = 65_535;
/** The core counts microseconds in 32 bits, of which answers have 31. */
const LONGEST_USER_TIMEOUT_MS = 2_147_483;

/** Sets what is given, and nothing else. Throws InputError for a value that an option cannot have. */
export function setTcpOptions(target: OptionTarget, options: TcpOptions): void {
  const { noDelay, keepAlive, keepAliveInitialDelay, congestion, userTimeout, userTimeoutOption, linger } = options;
  if (noDelay !== undefined) setFlag(target, SocketOption.NO_DELAY, noDelay);
  if (keepAlive !== undefined) setKeepAlive(target, keepAlive, keepAliveInitialDelay);
  if (congestion !== undefined) setCongestion(target, congestion);
  if (userTimeout !== undefined) setUserTimeout(target, userTimeout);
  if (userTimeoutOption !== undefined) setFlag(target, SocketOption.USER_TIMEOUT_OPTION, userTimeoutOption);
  if (linger !== undefined) setLinger(target, linger);
}

export function setFlag({ calls, fd }: OptionTarget, option: SocketOption, on: boolean): void {
  calls.setOption(fd, option, on ? 1 : 0);
}

function setKeepAlive(target: OptionTarget, on: boolean, initialDelay = 0): void {
  const seconds = Math.ceil(initialDelay / 1000);
  checkRange("The silence before the first keep-alive probe", "s", seconds, 0, LONGEST_KEEP_ALIVE_S);
  if (seconds > 0) target.calls.setOption(target.fd, SocketOption.KEEPALIVE_IDLE, seconds);
  setFlag(target, SocketOption.KEEPALIVE, on);
}

function setLinger({ calls, fd }: OptionTarget, seconds: number | null): void {
  if (seconds !== null) checkRange("The time to linger", "s", seconds, 0, LONGEST_LINGER_S);
  calls.setOption(fd, SocketOption.LINGER, seconds ?? LINGER_OFF);
}

function setCongestion({ calls, fd }: OptionTarget, name: CongestionName): void {
  const controller = Congestion[name.toUpperCase() as keyof typeof Congestion];
  if (controller === undefined) {
    throw new InputError("ERR_CONGESTION", `The congestion controllers are cubic and reno; there is no ${name}.`);
  }
  calls.setOption(fd, SocketOption.CONGESTION, controller);
}

function setUserTimeout({ calls, fd }: OptionTarget, milliseconds: number): void {
  checkRange("A user time-out", "ms", milliseconds, 1, LONGEST_USER_TIMEOUT_MS);
  calls.setOption(fd, SocketOption.USER_TIMEOUT, milliseconds * 1000);
}

function checkRange(what: string, unit: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new InputError("ERR_OUT_OF_RANGE", `${what} is a whole number from ${least} to ${most} ${unit}, not ${value}.`);
}

/** The options of a socket that is open. Every method throws StackError EBADF once it is closed. */
export abstract class TcpOptionCalls {
  /** The open descriptor; throws when there is none any more. */
  protected abstract optionTarget(syscall: string): OptionTarget;

  /** True: small pieces are sent at once (Nagle's algorithm off). */
  setNoDelay(on = true): void {
    setFlag(this.#target(), SocketOption.NO_DELAY, on);
  }

  /**
   * True: a silent peer is asked whether it is still there, first after `initialDelay` milliseconds, rounded up to
   * seconds (0: as before, two hours at first). Interval and number of probes: `setOption`.
   */
  setKeepAlive(on: boolean, initialDelay = 0): void {
    setKeepAlive(this.#target(), on, initialDelay);
  }

  /** Seconds that what was written may take after a close before the connection is reset; null: no limit (SO_LINGER). */
  setLinger(seconds: number | null): void {
    setLinger(this.#target(), seconds);
  }

  /** Chooses another congestion controller; what is known of the network stays. Throws InputError. */
  setCongestion(name: CongestionName): void {
    setCongestion(this.#target(), name);
  }

  /** Milliseconds that data may stay unacknowledged before the connection is given up with ETIMEDOUT. */
  setUserTimeout(milliseconds: number): void {
    setUserTimeout(this.#target(), milliseconds);
  }

  /** True: the peer is told of the user time-out, and heard unless one was set here (RFC 5482). Throws StackError. */
  setUserTimeoutOption(on: boolean): void {
    setFlag(this.#target(), SocketOption.USER_TIMEOUT_OPTION, on);
  }

  /** Sets an option of assembly/abi/sockets.ts, in its unit. Throws StackError. */
  setOption(option: SocketOption, value: number): void {
    const { calls, fd } = this.#target();
    calls.setOption(fd, option, value);
  }

  /** Reads an option of assembly/abi/sockets.ts, in its unit; reading ERROR clears it. Throws StackError. */
  getOption(option: SocketOption): number {
    const { calls, fd } = this.optionTarget("getsockopt");
    return calls.getOption(fd, option);
  }

  #target(): OptionTarget {
    return this.optionTarget("setsockopt");
  }
}
