// WebSocket messages (RFC 6455 §5) over a socket that has been upgraded: bytes both ways, pings answered, anything odd ends it.

import { createHash, randomFillSync } from "node:crypto";
import type { Duplex } from "node:stream";

const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const [FINAL, MASKED] = [0x80, 0x80];
const RESERVED_BITS = 0x70;
const [LENGTH_OF_16_BITS, LENGTH_OF_64_BITS] = [126, 127];
const MOST_CONTROL_BYTES = 125;
/** Bytes that may wait for a peer that does not read; what comes then is lost. */
const MOST_WAITING = 1 << 20;
const PROTOCOL_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export interface MessageOwner {
  /** A binary message. Valid during the call only. */
  message(bytes: Uint8Array): void;
  gone(): void;
}

export interface MessageOptions {
  /** True at the client's end, which masks what it sends (§5.3), and must not be sent masked bytes. */
  isClient: boolean;
  /** Bytes of the longest message that is taken. */
  mostBytes: number;
  /** What came behind the handshake. */
  head: Uint8Array;
}

/** What proves that a server has understood the handshake (§4.2.2). */
export function acceptanceOf(key: string): string {
  return createHash("sha1").update(`${key}${PROTOCOL_GUID}`).digest("base64");
}

export class MessageSocket {
  readonly #socket: Duplex;
  readonly #owner: MessageOwner;
  readonly #options: MessageOptions;
  #rest: Buffer = Buffer.alloc(0);
  /** Pieces of a message that is not complete, and whether it is binary; null: none has begun. */
  #pieces: { parts: Buffer[]; bytes: number; isBinary: boolean } | null = null;

  constructor(socket: Duplex & { unref?(): unknown }, owner: MessageOwner, options: MessageOptions) {
    this.#socket = socket;
    this.#owner = owner;
    this.#options = options;
    socket.unref?.();
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    // What went wrong with a peer shows in its going.
    socket.on("error", () => socket.destroy());
    socket.on("end", () => socket.destroy());
    socket.on("close", () => owner.gone());
    if (options.head.length > 0) this.#take(Buffer.from(options.head));
  }

  /** Sends a binary message. False when it is lost, because the peer does not read. */
  send(bytes: Uint8Array): boolean {
    if (this.#socket.writableLength > MOST_WAITING) return false;
    this.#write(BINARY, bytes);
    return true;
  }

  close(): void {
    if (this.#socket.destroyed) return;
    this.#write(CLOSE, new Uint8Array(0));
    this.#socket.end();
  }

  #write(opcode: number, payload: Uint8Array): void {
    const { isClient } = this.#options;
    const extended = payload.length < LENGTH_OF_16_BITS ? 0 : payload.length < 0x1_0000 ? 2 : 8;
    const header = 2 + extended + (isClient ? 4 : 0);
    const bytes = Buffer.allocUnsafe(header + payload.length);
    const lengths: Record<number, number> = { 0: payload.length, 2: LENGTH_OF_16_BITS, 8: LENGTH_OF_64_BITS };
    bytes[0] = FINAL | opcode;
    bytes[1] = (isClient ? MASKED : 0) | lengths[extended];
    if (extended === 2) bytes.writeUInt16BE(payload.length, 2);
    if (extended === 8) bytes.writeBigUInt64BE(BigInt(payload.length), 2);
    bytes.set(payload, header);
    if (isClient) {
      const mask = randomFillSync(bytes.subarray(header - 4, header));
      unmask(bytes.subarray(header), mask);
    }
    this.#socket.write(bytes);
  }

  #take(chunk: Buffer): void {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (!this.#socket.destroyed && this.#takeOne());
  }

  // One frame of the protocol, when it is there as a whole.
  #takeOne(): boolean {
    const bytes = this.#rest;
    if (bytes.length < 2) return false;
    const isMasked = (bytes[1] & MASKED) !== 0;
    const short = bytes[1] & 0x7f;
    const extended = short === LENGTH_OF_16_BITS ? 2 : short === LENGTH_OF_64_BITS ? 8 : 0;
    const header = 2 + extended + (isMasked ? 4 : 0);
    if (isMasked === this.#options.isClient || (bytes[0] & RESERVED_BITS) !== 0) return this.#refuse();
    if (bytes.length < header) return false;
    const length = extended === 8 ? Number(bytes.readBigUInt64BE(2)) : extended === 2 ? bytes.readUInt16BE(2) : short;
    if (length > this.#options.mostBytes) return this.#refuse();
    if (bytes.length < header + length) return false;
    const payload = Buffer.from(bytes.subarray(header, header + length));
    if (isMasked) unmask(payload, bytes.subarray(header - 4, header));
    this.#rest = bytes.subarray(header + length);
    return this.#frame(bytes[0] & 0x0f, (bytes[0] & FINAL) !== 0, payload);
  }

  #frame(opcode: number, isFinal: boolean, payload: Buffer): boolean {
    if (opcode >= CLOSE && (!isFinal || payload.length > MOST_CONTROL_BYTES)) return this.#refuse();
    switch (opcode) {
      case TEXT:
      case BINARY:
        if (this.#pieces !== null) return this.#refuse();
        this.#pieces = { parts: [payload], bytes: payload.length, isBinary: opcode === BINARY };
        break;
      case CONTINUATION:
        if (this.#pieces === null) return this.#refuse();
        this.#pieces.parts.push(payload);
        this.#pieces.bytes += payload.length;
        break;
      case PING:
        this.#write(PONG, payload);
        return true;
      case PONG:
        return true;
      case CLOSE:
        this.close();
        return false;
      default:
        return this.#refuse();
    }
    if (this.#pieces.bytes > this.#options.mostBytes) return this.#refuse();
    if (!isFinal) return true;
    const { parts, isBinary } = this.#pieces;
    this.#pieces = null;
    // Text is passed over: relays of v86 send orders of their own that way.
    if (isBinary) this.#owner.message(parts.length === 1 ? parts[0] : Buffer.concat(parts));
    return true;
  }

  #refuse(): boolean {
    this.#socket.destroy();
    return false;
  }
}

function unmask(bytes: Buffer, mask: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] ^= mask[i & 3];
}
