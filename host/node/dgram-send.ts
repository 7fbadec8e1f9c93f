// The many ways to say what `dgram.Socket.send` is to send.

import { checkString, toPort } from "./arguments.ts";
import { codedError, stateError, typeError } from "./errors.ts";

type Done = (error: Error | null, bytes?: number) => void;

export interface SendArguments {
  /** Pieces of one datagram. */
  list: Uint8Array[];
  /** null: to the peer of `connect`. */
  port: number | null;
  address?: string;
  callback?: Done;
}

const BUFFER_TYPES = "of type string or an instance of Buffer, TypedArray, or DataView";

/**
 * Of (message, port, address, callback) with or without an offset and a length behind the message; to a peer without
 * port and address; the last ones may be missing.
 */
export function sendArguments(args: unknown[], connected: boolean): SendArguments {
  const [message, ...rest] = args;
  if (connected) return toPeer(message, rest);
  const isSliced = isSlicedForAddress(rest);
  const list = isSliced ? [slice(message, rest[0], rest[1])] : pieces(message);
  const [port, address, callback] = isSliced ? rest.slice(2) : rest;
  const done = [port, address, callback].find((value) => typeof value === "function") as Done | undefined;
  const checked = toPort(port, "Port", 1);
  if (typeof address === "function" || address === undefined || address === null) {
    return { list, port: checked, callback: done };
  }
  checkString(address, "address");
  return { list, port: checked, address, callback: done };
}

// (message, callback), or with an offset and a length that are numbers. What else is there, Node does not look at.
function toPeer(message: unknown, [first, length, port, address]: unknown[]): SendArguments {
  const isSliced = typeof length === "number";
  const list = isSliced ? [slice(message, first, length)] : pieces(message);
  const callback = isSliced ? port : first;
  const isAddressed = Boolean(address) || Boolean(port && !(isSliced && typeof port === "function"));
  if (isAddressed) throw stateError("ERR_SOCKET_DGRAM_IS_CONNECTED");
  return { list, port: null, callback: typeof callback === "function" ? (callback as Done) : undefined };
}

// (offset, length, port, …) has a fourth or a fifth argument that is no callback.
function isSlicedForAddress([, , port, address]: unknown[]): boolean {
  return Boolean(address) || Boolean(port && typeof port !== "function");
}

function slice(message: unknown, offset: unknown, length: unknown): Uint8Array {
  const whole = bytesOf(message);
  if (whole === null) throw typeError("buffer", BUFFER_TYPES, message);
  const start = Number(offset) >>> 0;
  const bytes = Number(length) >>> 0;
  for (const [name, end] of [
    ["offset", start],
    ["length", start + bytes],
  ] as const) {
    if (end <= whole.length) continue;
    throw codedError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", `"${name}" is outside of buffer bounds`);
  }
  return whole.subarray(start, start + bytes);
}

function pieces(message: unknown): Uint8Array[] {
  const list = Array.isArray(message) ? message.map(bytesOf) : [bytesOf(message)];
  if (!list.includes(null)) return list as Uint8Array[];
  throw typeError(Array.isArray(message) ? "buffer list arguments" : "buffer", BUFFER_TYPES, message);
}

function bytesOf(value: unknown): Uint8Array | null {
  if (typeof value === "string") return Buffer.from(value);
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null;
}

/** The pieces in one. */
export function toDatagram(list: Uint8Array[]): Uint8Array {
  return list.length === 1 ? list[0] : Buffer.concat(list);
}
