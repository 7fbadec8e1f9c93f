// What Node's API checks of the arguments that it is given, and what it makes of them.

import { portError, rangeError, typeError, valueError } from "./errors.ts";

export type Callback = (...args: unknown[]) => void;

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The options of a call that may also be written as (port, host), and its callback. */
export interface CallArguments {
  options: Record<string, unknown>;
  callback: Callback | null;
}

/** Those of `connect` and `listen`: an object of options, a path, or a port and perhaps a host; then a callback. */
export function callArguments(args: readonly unknown[]): CallArguments {
  const last = args[args.length - 1];
  const callback = typeof last === "function" ? (last as Callback) : null;
  const [first, second] = args;
  if (args.length === 0) return { options: {}, callback };
  if (typeof first === "object" && first !== null) return { options: first as Record<string, unknown>, callback };
  if (isPath(first)) return { options: { path: first }, callback };
  return { options: typeof second === "string" ? { port: first, host: second } : { port: first }, callback };
}

function isPath(value: unknown): boolean {
  return typeof value === "string" && !(Number(value) >= 0);
}

/** A port of 0 to 65535, or from 1 on, from a number or text. Throws RangeError ERR_SOCKET_BAD_PORT. */
export function toPort(value: unknown, name = "Port", least: 0 | 1 = 0): number {
  const isText = typeof value === "string";
  const port = isText || typeof value === "number" ? +value : Number.NaN;
  if ((isText && value.trim() === "") || !(Number.isInteger(port) && port >= least && port <= 0xffff)) {
    throw portError(name, value, least);
  }
  return port;
}

export function checkNumber(value: unknown, name: string): asserts value is number {
  if (typeof value !== "number") throw typeError(name, "of type number", value);
}

export function checkBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== "boolean") throw typeError(name, "of type boolean", value);
}

export function checkString(value: unknown, name: string): asserts value is string {
  if (typeof value !== "string") throw typeError(name, "of type string", value);
}

export function checkFunction(value: unknown, name: string): asserts value is Callback {
  if (typeof value !== "function") throw typeError(name, "of type function", value);
}

/** A whole number from `least` to `most`. Throws TypeError or RangeError. */
export function checkInteger(value: unknown, name: string, least: number, most: number): asserts value is number {
  checkNumber(value, name);
  if (!Number.isInteger(value)) throw rangeError(name, "an integer", value);
  if (value < least || value > most) throw rangeError(name, `>= ${least} && <= ${most}`, value);
}

export function checkSignal(value: unknown, name: string): asserts value is AbortSignal {
  if (value === null || typeof value !== "object" || !("aborted" in value)) {
    throw typeError(name, "an instance of AbortSignal", value);
  }
}

/** Milliseconds of a timer; more than it can wait count as the most that it can. Throws TypeError or RangeError. */
export function toTimeout(value: unknown, name: string): number {
  checkNumber(value, name);
  if (value < 0 || !Number.isFinite(value)) throw rangeError(name, "a non-negative finite number", value);
  if (value <= LONGEST_TIMEOUT_MS) return value;
  process.emitWarning(`${value} does not fit into a 32-bit signed integer.`, "TimeoutOverflowWarning");
  return LONGEST_TIMEOUT_MS;
}

/** A delay of keep-alive probes, in milliseconds; less than none is none. Throws TypeError. */
export function toInitialDelay(value: unknown): number {
  if (value === undefined) return 0;
  checkNumber(value, "options.keepAliveInitialDelay");
  return Math.max(value, 0);
}

/** Streams of bytes have no object mode. Throws TypeError ERR_INVALID_ARG_VALUE. */
export function refuseObjectMode(options: Record<string, unknown>): void {
  for (const name of ["objectMode", "readableObjectMode", "writableObjectMode"]) {
    if (options[name]) throw valueError(`options.${name}`, options[name], "is not supported");
  }
}
