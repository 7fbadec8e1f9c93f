// What two iperf3 say to each other on the control connection, as version 3.12 has it: a cookie, states of one byte, and
// JSON with its length before it.

import type { TcpConnection } from "../../socket/tcp-connection.ts";
import { Failure } from "../errors.ts";

export const DEFAULT_PORT = 5201;

/** States, one signed byte each. */
export const State = {
  TEST_START: 1,
  TEST_RUNNING: 2,
  TEST_END: 4,
  PARAM_EXCHANGE: 9,
  CREATE_STREAMS: 10,
  SERVER_TERMINATE: 11,
  CLIENT_TERMINATE: 12,
  EXCHANGE_RESULTS: 13,
  DISPLAY_RESULTS: 14,
  IPERF_DONE: 16,
  ACCESS_DENIED: -1,
  SERVER_ERROR: -2,
} as const;

/** 36 characters and a zero; what begins every connection of a test. */
export const COOKIE_BYTES = 37;
const COOKIE_LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const MOST_JSON_BYTES = 1024 * 1024;
/** iperf3's number for what a server cannot do (IEUNIMP). */
export const UNIMPLEMENTED = 13;

/** The first datagram of each UDP stream, and the answer to it, in the byte order of the machines that matter. */
export const UDP_HELLO = Uint8Array.of(0x39, 0x38, 0x37, 0x36);
export const UDP_WELCOME = Uint8Array.of(0x36, 0x37, 0x38, 0x39);

/** What a client wants of a test; numbers are 0 where they do not limit it. */
export interface Parameters {
  tcp?: boolean;
  udp?: boolean;
  sctp?: boolean;
  /** Seconds. */
  omit: number;
  time: number;
  /** Bytes, and blocks. */
  num: number;
  blockcount: number;
  parallel: number;
  reverse?: boolean;
  bidirectional?: boolean;
  /** Bytes of a block, or of a datagram's data. */
  len: number;
  /** Bits in a second for each stream; 0: as many as go. */
  bandwidth?: number;
  nodelay?: boolean;
  congestion?: string;
  udp_counters_64bit?: number;
  client_version?: string;
}

export interface StreamResult {
  id: number;
  bytes: number;
  /** -1: not known. */
  retransmits: number;
  /** Seconds. */
  jitter: number;
  errors: number;
  packets: number;
  start_time?: number;
  end_time?: number;
}

export interface Results {
  cpu_util_total: number;
  cpu_util_user: number;
  cpu_util_system: number;
  sender_has_retransmits: number;
  congestion_used?: string;
  streams: StreamResult[];
}

export function makeCookie(): Uint8Array {
  const letters = crypto.getRandomValues(new Uint8Array(COOKIE_BYTES - 1));
  const text = Array.from(letters, (byte) => COOKIE_LETTERS[byte % COOKIE_LETTERS.length]).join("");
  return new TextEncoder().encode(`${text}\0`);
}

/** The number of the stream that was opened as number `index`, from 0: iperf3 leaves out the 2. */
export function streamId(index: number): number {
  return index === 0 ? 1 : index + 2;
}

/** Which of its streams a side sends on, in the order in which they are opened. */
export function directions(
  { parallel, reverse = false, bidirectional = false }: Parameters,
  side: "client" | "server",
): boolean[] {
  const clientSends = bidirectional ? [true, false] : [!reverse];
  const isClient = side === "client";
  return clientSends.flatMap((sends) => Array.from({ length: parallel }, () => sends === isClient));
}

/** Takes bytes of a connection in the portions that a protocol has. */
export class ByteReader {
  #connection: TcpConnection;
  #rest = new Uint8Array(0);

  constructor(connection: TcpConnection) {
    this.#connection = connection;
  }

  /** Exactly so many bytes; null when the connection ends before. */
  async exactly(bytes: number): Promise<Uint8Array | null> {
    const pieces: Uint8Array[] = [this.#rest];
    let have = this.#rest.length;
    while (have < bytes) {
      const piece = await this.#connection.read();
      if (piece === null) return null;
      pieces.push(piece);
      have += piece.length;
    }
    const all = Buffer.concat(pieces);
    this.#rest = Uint8Array.from(all.subarray(bytes));
    return all.subarray(0, bytes);
  }

  /** Bytes that came behind what was taken. */
  get rest(): Uint8Array {
    return this.#rest;
  }
}

/** One side of a control connection. */
export class ControlConnection {
  readonly connection: TcpConnection;
  #reader: ByteReader;

  /** `reader`: where something was taken from the connection already. */
  constructor(connection: TcpConnection, reader = new ByteReader(connection)) {
    this.connection = connection;
    this.#reader = reader;
    connection.setNoDelay(true);
  }

  /** The next state; null at the end of the connection. */
  async state(): Promise<number | null> {
    const byte = await this.#reader.exactly(1);
    return byte === null ? null : ((byte[0] ?? 0) << 24) >> 24;
  }

  sendState(state: number): Promise<void> {
    return this.connection.write(Uint8Array.of(state & 0xff));
  }

  /** SERVER_ERROR with iperf3's number of what went wrong. */
  async sendError(number: number): Promise<void> {
    const words = new DataView(new ArrayBuffer(8));
    words.setInt32(0, number);
    await this.sendState(State.SERVER_ERROR);
    await this.connection.write(new Uint8Array(words.buffer));
  }

  /** The number behind SERVER_ERROR. */
  async error(): Promise<number> {
    const bytes = await this.#reader.exactly(8);
    return bytes === null ? 0 : Buffer.from(bytes).readInt32BE(0);
  }

  async json<T>(): Promise<T> {
    const head = await this.#reader.exactly(4);
    const length = head === null ? 0 : Buffer.from(head).readUInt32BE(0);
    const body = length === 0 || length > MOST_JSON_BYTES ? null : await this.#reader.exactly(length);
    if (body === null) throw new Failure("The other iperf3 has ended in the midst of the test.");
    try {
      return JSON.parse(Buffer.from(body).toString()) as T;
    } catch {
      throw new Failure("The other side does not speak iperf3's protocol: what should be JSON is not.");
    }
  }

  sendJson(value: unknown): Promise<void> {
    const body = Buffer.from(JSON.stringify(value));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    return this.connection.write(Buffer.concat([head, body]));
  }
}
