// Errors as Node words them: of system calls, of name look-ups, and of arguments and states that its API refuses.

import { inspect } from "node:util";
import { Errno } from "../../assembly/abi/errno.ts";

/** What `getaddrinfo` answers for a name that nobody knows, as libuv numbers it (UV_EAI_NONAME). */
const NO_SUCH_NAME = -3008;
const TRY_AGAIN = -3001;
/** A value longer than this is cut in a message. */
const LONGEST_TEXT = 28;
const LONGEST_VALUE = 128;

/** How libuv describes the errors that binding and listening can meet. */
const DESCRIPTIONS: Record<string, string> = {
  EACCES: "permission denied",
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "address not available",
  EINVAL: "invalid argument",
  ENETDOWN: "network is down",
  ENFILE: "file table overflow",
  ENOBUFS: "no buffer space available",
  EOPNOTSUPP: "operation not supported on socket",
  EPROTONOSUPPORT: "protocol not supported",
};

export interface SystemError extends Error {
  code: string;
  /** Linux's number, negative. */
  errno: number;
  syscall: string;
  address?: string;
  port?: number;
}

/** The local end that an error about a connection names besides the remote one. */
export interface LocalEnd {
  address: string;
  port: number;
}

/** Berkeley's name of a negative error number. */
export function codeOf(errno: number): string {
  return Errno[-errno] ?? `E${-errno}`;
}

/** "read ECONNRESET". */
export function errnoError(errno: number, syscall: string): SystemError {
  const code = codeOf(errno);
  return Object.assign(new Error(`${syscall} ${code}`), { errno, code, syscall });
}

/** "connect ECONNREFUSED 10.0.0.2:80", with the local end behind it where that was chosen. */
export function endpointError(
  errno: number,
  syscall: string,
  address: string,
  port?: number,
  local?: LocalEnd,
): SystemError {
  const code = codeOf(errno);
  const behind = local === undefined ? "" : ` - Local (${local.address}:${local.port})`;
  const error = new Error(`${syscall} ${code}${where(address, port)}${behind}`);
  return Object.assign(error, { errno, code, syscall, address }, port ? { port } : {});
}

/** "listen EADDRINUSE: address already in use :::80". */
export function describedError(errno: number, syscall: string, address: string | null, port?: number): SystemError {
  const code = codeOf(errno);
  const error = new Error(`${syscall} ${code}: ${DESCRIPTIONS[code] ?? "unknown error"}${where(address, port)}`);
  return Object.assign(error, { code, errno, syscall, address: address as string }, port ? { port } : {});
}

/** "getaddrinfo ENOTFOUND nowhere.example". */
export function notFoundError(hostname: string, syscall = "getaddrinfo"): Error {
  const error = new Error(`${syscall} ENOTFOUND ${hostname}`);
  return Object.assign(error, { errno: NO_SUCH_NAME, code: "ENOTFOUND", syscall, hostname });
}

/** "getaddrinfo EAI_AGAIN nowhere.example": it may go better later. */
export function tryAgainError(hostname: string): Error {
  const error = new Error(`getaddrinfo EAI_AGAIN ${hostname}`);
  return Object.assign(error, { errno: TRY_AGAIN, code: "EAI_AGAIN", syscall: "getaddrinfo", hostname });
}

function where(address: string | null, port: number | undefined): string {
  if (port && port > 0) return ` ${address}:${port}`;
  return address ? ` ${address}` : "";
}

/** An error of a kind with a code of Node's. */
export function codedError(
  Kind: new (message: string) => Error,
  code: string,
  message: string,
): Error & { code: string } {
  return coded(new Kind(message), code);
}

/** A subclass of a built-in error that shows its code as Node's own do: "TypeError [ERR_X]: …". */
function coded<T extends Error>(error: T, code: string): T & { code: string } {
  const name = error.name;
  Object.defineProperty(error, "toString", {
    value: () => `${name} [${code}]: ${error.message}`,
    configurable: true,
    writable: true,
  });
  error.stack = error.stack?.replace(name, `${name} [${code}]`);
  return Object.assign(error, { code });
}

/** One that means that the object is in no state for the call: ERR_SOCKET_CLOSED and its kin. */
export function stateError(code: keyof typeof STATES): Error & { code: string } {
  return coded(new Error(STATES[code]), code);
}

const STATES = {
  ERR_SERVER_ALREADY_LISTEN: "Listen method has been called more than once without closing.",
  ERR_SERVER_NOT_RUNNING: "Server is not running.",
  ERR_SOCKET_ALREADY_BOUND: "Socket is already bound",
  ERR_SOCKET_CLOSED: "Socket is closed",
  ERR_SOCKET_CLOSED_BEFORE_CONNECTION: "Socket closed before the connection was established",
  ERR_SOCKET_CONNECTION_TIMEOUT: "Socket connection timeout",
  ERR_SOCKET_DGRAM_IS_CONNECTED: "Already connected",
  ERR_SOCKET_DGRAM_NOT_CONNECTED: "Not connected",
  ERR_SOCKET_DGRAM_NOT_RUNNING: "Not running",
} as const;

/** `expected` as a message has it: "of type number", "one of type number or string", "an instance of Buffer". */
export function typeError(name: string, expected: string, value: unknown): TypeError & { code: string } {
  const subject = name.endsWith(" argument") ? name : `"${name}" ${name.includes(".") ? "property" : "argument"}`;
  const message = `The ${subject} must be ${expected}. Received ${described(value)}`;
  return coded(new TypeError(message), "ERR_INVALID_ARG_TYPE");
}

export function valueError(name: string, value: unknown, reason = "is invalid"): TypeError & { code: string } {
  const shown = inspect(value);
  const cut = shown.length > LONGEST_VALUE ? `${shown.slice(0, LONGEST_VALUE)}...` : shown;
  const kind = name.includes(".") ? "property" : "argument";
  return coded(new TypeError(`The ${kind} '${name}' ${reason}. Received ${cut}`), "ERR_INVALID_ARG_VALUE");
}

export function rangeError(name: string, range: string, value: unknown): RangeError & { code: string } {
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${spaced(value)}`;
  return coded(new RangeError(message), "ERR_OUT_OF_RANGE");
}

export function portError(name: string, port: unknown, least: 0 | 1): RangeError & { code: string } {
  const operator = least === 0 ? ">=" : ">";
  const message = `${name} should be ${operator} 0 and < 65536. Received ${described(port)}.`;
  return coded(new RangeError(message), "ERR_SOCKET_BAD_PORT");
}

export function missingError(...names: string[]): TypeError & { code: string } {
  const quoted = names.map((name) => `"${name}"`);
  const list =
    quoted.length < 3 ? quoted.join(" and ") : `${quoted.slice(0, -1).join(", ")}, and ${quoted[quoted.length - 1]}`;
  const message = `The ${list} argument${quoted.length > 1 ? "s" : ""} must be specified`;
  return coded(new TypeError(message), "ERR_MISSING_ARGS");
}

/** Of the arguments `names` one at least is wanted. */
export function missingOneError(...names: string[]): TypeError & { code: string } {
  const list = names.map((name) => `"${name}"`).join(" or ");
  return coded(new TypeError(`The ${list} argument must be specified`), "ERR_MISSING_ARGS");
}

export function addressError(address: unknown): TypeError & { code: string } {
  return coded(new TypeError(`Invalid IP address: ${address}`), "ERR_INVALID_IP_ADDRESS");
}

export function familyError(family: unknown, host: unknown, port: unknown): RangeError & { code: string } {
  const error = new RangeError(`Invalid address family: ${family} ${host}:${port}`);
  return Object.assign(coded(error, "ERR_INVALID_ADDRESS_FAMILY"), { host, port });
}

/** A call or an option of Node's that has no sense over a stack of packets, such as a file descriptor. */
export function unsupportedError(what: string): Error & { code: string } {
  return coded(new Error(`${what} is not there over this stack.`), "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM");
}

/** Several attempts at one connection have failed: the errors of all, with the code of the first. */
export function aggregateError(errors: Error[]): AggregateError & { code?: string } {
  const error = new AggregateError(errors);
  return Object.assign(error, { code: (errors[0] as SystemError | undefined)?.code });
}

// "1_000_000" for large numbers, as messages about ranges show them.
function spaced(value: unknown): string {
  if (typeof value === "bigint") return `${grouped(String(value))}n`;
  if (Number.isInteger(value) && Math.abs(value as number) > 2 ** 32) return grouped(String(value));
  return inspect(value);
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, "_");
}

function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value === "object") {
    const name = value.constructor?.name;
    return name === undefined ? inspect(value, { depth: -1 }) : `an instance of ${name}`;
  }
  if (typeof value !== "string") return `type ${typeof value} (${Object.is(value, -0) ? "-0" : inspect(value)})`;
  const text = value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT - 3)}...` : value;
  return `type string (${text.includes("'") ? JSON.stringify(text) : `'${text}'`})`;
}
