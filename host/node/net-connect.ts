// From the arguments of `socket.connect` to a connection: checks, the search for the name, the attempt.

import { isIP } from "node:net";
import { checkBoolean, checkFunction, checkInteger, checkNumber, toPort } from "./arguments.ts";
import { type Attempt, attemptError, beginAttempt, bindAttempt } from "./attempt.ts";
import { addressError, familyError, typeError } from "./errors.ts";
import { connectToOneOf } from "./happy-eyeballs.ts";
import type { Lookup, LookupAddress, LookupOptions } from "./lookup.ts";
import type { Socket } from "./net-socket.ts";

export interface ConnectCallOptions {
  port: number | string;
  /** Default "localhost". */
  host?: string;
  localAddress?: string;
  localPort?: number;
  family?: LookupOptions["family"];
  hints?: number;
  lookup?: Lookup;
  autoSelectFamily?: boolean;
  autoSelectFamilyAttemptTimeout?: number;
}

/** What is tried for several addresses, or for one. */
interface Wanted {
  host: string;
  port: number;
  localAddress?: string;
  localPort?: number;
  givenHost: unknown;
  givenPort: unknown;
}

const LEAST_ATTEMPT_MS = 10;
const MOST_ATTEMPT_MS = 0x7fff_ffff;

/** Begins a connection of `socket`, which is connecting. Throws what Node throws for options that cannot be. */
export function lookupAndConnect(socket: Socket, options: ConnectCallOptions): void {
  const { localAddress, localPort } = options;
  if (localAddress && !isIP(localAddress)) throw addressError(localAddress);
  if (localPort) checkNumber(localPort, "options.localPort");
  const wanted: Wanted = {
    host: options.host || "localhost",
    port: connectPort(options.port),
    localAddress,
    localPort,
    givenHost: options.host,
    givenPort: options.port,
  };
  const selects = options.autoSelectFamily ?? socket.context.autoSelectFamily;
  checkBoolean(selects, "options.autoSelectFamily");
  const patience = attemptTimeout(
    options.autoSelectFamilyAttemptTimeout ?? socket.context.autoSelectFamilyAttemptTimeout,
  );
  const family = isIP(wanted.host);
  if (family) {
    process.nextTick(() => {
      if (socket.connecting) connectTo(socket, attemptOf({ address: wanted.host, family }, wanted));
    });
    return;
  }
  if (options.lookup != null) checkFunction(options.lookup, "options.lookup");
  const lookup = options.lookup ?? socket.context.lookup;
  const query = { family: asNumber(options.family), hints: options.hints || 0 };
  if (query.family !== 4 && query.family !== 6 && !localAddress && selects)
    lookupAll(socket, lookup, query, wanted, patience);
  else lookupOne(socket, lookup, query, wanted);
}

function asNumber(family: LookupOptions["family"]): LookupOptions["family"] {
  if (family === "IPv4") return 4;
  return family === "IPv6" ? 6 : family;
}

function connectPort(port: unknown): number {
  if (typeof port !== "number" && typeof port !== "string") {
    throw typeError("options.port", "one of type number or string", port);
  }
  return toPort(port);
}

/** Milliseconds for an attempt: at least ten. Throws TypeError or RangeError. */
export function attemptTimeout(value: unknown, name = "options.autoSelectFamilyAttemptTimeout"): number {
  checkInteger(value, name, 1, MOST_ATTEMPT_MS);
  return Math.max(value, LEAST_ATTEMPT_MS);
}

function lookupOne(socket: Socket, lookup: Lookup, query: LookupOptions, wanted: Wanted): void {
  lookup(wanted.host, query, (error, address, family) => {
    socket.emit("lookup", error, address, family, wanted.host);
    if (!socket.connecting) return;
    const failure = error ?? unusable(address, family, wanted);
    if (failure !== null) failSoon(socket, failure);
    else connectFound(socket, { address: address as string, family: family as number }, wanted);
  });
}

function lookupAll(socket: Socket, lookup: Lookup, query: LookupOptions, wanted: Wanted, patience: number): void {
  lookup(wanted.host, { ...query, all: true }, (error, addresses) => {
    if (!socket.connecting) return;
    if (error) {
      socket.emit("lookup", error, undefined, undefined, wanted.host);
      failSoon(socket, error);
      return;
    }
    const found = addresses as LookupAddress[];
    for (const { address, family } of found) {
      socket.emit("lookup", null, address, family, wanted.host);
      if (!socket.connecting) return;
    }
    const order = alternating(found);
    if (order.length === 0) failSoon(socket, unusable(found[0].address, found[0].family, wanted) as Error);
    else if (order.length === 1) connectFound(socket, order[0], wanted);
    else {
      socket.refreshTimeout();
      connectToOneOf(
        socket,
        order.map((entry) => ({ ...attemptOf(entry, wanted), localAddress: undefined })),
        patience,
      );
    }
  });
}

function connectFound(socket: Socket, entry: LookupAddress, wanted: Wanted): void {
  socket.refreshTimeout();
  connectTo(socket, attemptOf(entry, wanted));
}

function attemptOf({ address, family }: LookupAddress, { port, localAddress, localPort }: Wanted): Attempt {
  return { address, family, port, localAddress, localPort };
}

function unusable(address: unknown, family: unknown, { givenHost, givenPort }: Wanted): Error | null {
  if (!isIP(address as string)) return addressError(address);
  return family === 4 || family === 6 ? null : familyError(family, givenHost, givenPort);
}

// Listeners may not be there yet when the search fails.
function failSoon(socket: Socket, error: Error): void {
  process.nextTick(() => socket.destroy(error));
}

// The families in turn, beginning with that of the first address; each address once (RFC 8305 §4).
function alternating(found: LookupAddress[]): LookupAddress[] {
  const usable = found.filter(({ address, family }) => isIP(address) && (family === 4 || family === 6));
  const once = usable.filter((entry, i) => usable.findIndex(({ address }) => address === entry.address) === i);
  const first = once.filter(({ family }) => family === once[0].family);
  const second = once.filter(({ family }) => family !== once[0].family);
  return Array.from({ length: Math.max(first.length, second.length) }, (_, i) => [first[i], second[i]])
    .flat()
    .filter((entry) => entry !== undefined);
}

/** Tries one address, and destroys the socket when that fails. */
function connectTo(socket: Socket, attempt: Attempt): void {
  const bound = bindAttempt(socket, attempt);
  if (bound !== null) {
    socket.destroy(bound);
    return;
  }
  socket.emit("connectionAttempt", attempt.address, attempt.port, attempt.family);
  const failed = beginAttempt(socket, attempt, (errno) => {
    if (socket.destroyed) return;
    if (errno === 0) {
      socket.connected();
      return;
    }
    socket.connecting = false;
    const error = attemptError(errno, attempt);
    socket.emit("connectionAttemptFailed", attempt.address, attempt.port, attempt.family, error);
    socket.destroy(error);
  });
  if (failed !== null) socket.destroy(failed);
}
