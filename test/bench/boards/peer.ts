// The other end of a board's cable: it does always the same, so that boards have the same work. It answers ARP, opens one
// connection, and then sends two segments and waits until they are acknowledged, or acknowledges every second one that
// comes. Without options, so that each segment has 1,460 bytes; nothing is lost on this wire, so nothing is sent twice.

import { createConnection, type Socket } from "node:net";

/** What the board does with the segments. */
export const DIRECTIONS = ["received", "sent"] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** As firmware/meter.h has them. */
const PORTS: Record<Direction, number> = { received: 9, sent: 19 };
const OWN_PORT = 40_000;
const OWN = { station: [0x02, 0, 0, 0, 0, 0x01], address: [10, 0, 0, 1] };
const BOARD = { station: [0x02, 0, 10, 0, 0, 2], address: [10, 0, 0, 2] };
const SEGMENT_BYTES = 1460;
/** Segments that are sent at once, and that make one ACK. */
const VOLLEY = 2;
/** Our window: so the board, too, sends two segments and waits. */
const WINDOW = VOLLEY * SEGMENT_BYTES;
const FLAG = { SYN: 2, PUSH: 8, ACK: 16 };
const ETHERNET = 14;
const IP_AT = ETHERNET;
const TCP_AT = ETHERNET + 20;
const TEXT_AT = ETHERNET + 40;

export class Peer {
  /** Segments with text, and those without that answered them. */
  #segments = 0;
  #acks = 0;
  readonly #socket: Socket;
  readonly #direction: Direction;
  #rest = Buffer.alloc(0);
  #next = 1000;
  #expected = 0;
  #unanswered = 0;

  private constructor(socket: Socket, direction: Direction) {
    this.#socket = socket;
    this.#direction = direction;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", () => socket.destroy());
  }

  /** Joins the wire whose socket QEMU has made. */
  static join(path: string, direction: Direction): Promise<Peer> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(path, () => {
        resolve(new Peer(socket, direction));
      });
      socket.once("error", reject);
    });
  }

  /** Opens the connection. */
  begin(): void {
    this.#send([this.#segment(FLAG.SYN, 0)]);
    this.#next++;
  }

  segmentsPerAck(): number {
    return this.#segments / this.#acks;
  }

  close(): void {
    this.#socket.destroy();
  }

  // All in one piece: QEMU puts into the MAC at once what comes at once.
  #send(frames: readonly Buffer[]): void {
    const pieces = frames.flatMap((frame) => [lengthOf(frame), frame]);
    this.#socket.write(Buffer.concat(pieces));
  }

  #take(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const length = bytes.length >= 4 ? bytes.readUInt32BE() : Number.POSITIVE_INFINITY;
      if (bytes.length < 4 + length) break;
      this.#receive(bytes.subarray(4, 4 + length));
      bytes = bytes.subarray(4 + length);
    }
    this.#rest = bytes;
  }

  #receive(frame: Buffer): void {
    const type = frame.readUInt16BE(12);
    if (type === 0x0806 && frame[21] === 1) this.#answerArp(frame);
    else if (type === 0x0800 && frame[IP_AT + 9] === 6) this.#receiveSegment(frame);
  }

  #answerArp(request: Buffer): void {
    if (OWN.address.some((byte, i) => request[38 + i] !== byte)) return;
    const reply = Buffer.alloc(60);
    reply.set([...BOARD.station, ...OWN.station, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 2]);
    reply.set([...OWN.station, ...OWN.address, ...BOARD.station, ...BOARD.address], 22);
    this.#send([reply]);
  }

  #receiveSegment(frame: Buffer): void {
    const text = frame.readUInt16BE(IP_AT + 2) - 20 - (frame[TCP_AT + 12] >> 4) * 4;
    const [sequence, acknowledged] = [frame.readUInt32BE(TCP_AT + 4), frame.readUInt32BE(TCP_AT + 8)];
    if (frame[TCP_AT + 13] & FLAG.SYN) {
      this.#expected = (sequence + 1) >>> 0;
      this.#send([this.#segment(FLAG.ACK, 0)]);
    } else if (text > 0) {
      this.#takeText(sequence, text);
      return;
    } else this.#acks++;
    const edge = acknowledged + Math.min(frame.readUInt16BE(TCP_AT + 14), WINDOW);
    if (this.#direction === "received") this.#sendUpTo(edge);
  }

  #takeText(sequence: number, bytes: number): void {
    if (sequence !== this.#expected) throw new Error("The board sent something twice, or in another order.");
    if (bytes !== SEGMENT_BYTES) throw new Error(`The board sent a segment of ${bytes} bytes.`);
    this.#segments++;
    this.#expected = (this.#expected + bytes) >>> 0;
    if (++this.#unanswered < VOLLEY) return;
    this.#unanswered = 0;
    this.#acks++;
    this.#send([this.#segment(FLAG.ACK, 0)]);
  }

  // Never more than two segments on their way, and only whole ones.
  #sendUpTo(edge: number): void {
    const frames = [];
    for (; this.#next + SEGMENT_BYTES <= edge; this.#next += SEGMENT_BYTES) {
      frames.push(this.#segment(FLAG.ACK | FLAG.PUSH, SEGMENT_BYTES));
    }
    this.#segments += frames.length;
    if (frames.length > 0) this.#send(frames);
  }

  #segment(flags: number, bytes: number): Buffer {
    const options = flags & FLAG.SYN ? [2, 4, SEGMENT_BYTES >> 8, SEGMENT_BYTES & 0xff] : [];
    const frame = Buffer.alloc(Math.max(60, TEXT_AT + options.length + bytes), "y");
    const length = 20 + options.length + bytes;
    frame.set([...BOARD.station, ...OWN.station, 0x08, 0x00]);
    frame.set([0x45, 0, (20 + length) >> 8, (20 + length) & 0xff, 0, 0, 0x40, 0, 64, 6, 0, 0], IP_AT);
    frame.set([...OWN.address, ...BOARD.address], IP_AT + 12);
    frame.writeUInt16BE(OWN_PORT, TCP_AT);
    frame.writeUInt16BE(PORTS[this.#direction], TCP_AT + 2);
    frame.writeUInt32BE(this.#next, TCP_AT + 4);
    frame.writeUInt32BE(flags & FLAG.SYN ? 0 : this.#expected, TCP_AT + 8);
    frame.set([(20 + options.length) << 2, flags, WINDOW >> 8, WINDOW & 0xff, 0, 0, 0, 0, ...options], TCP_AT + 12);
    frame.writeUInt16BE(checksum(frame.subarray(IP_AT, TCP_AT), 0), IP_AT + 10);
    const pseudo = sum(Buffer.from([...OWN.address, ...BOARD.address, 0, 6, length >> 8, length & 0xff]));
    frame.writeUInt16BE(checksum(frame.subarray(TCP_AT, TCP_AT + length), pseudo), TCP_AT + 16);
    return frame;
  }
}

function lengthOf(frame: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(frame.length);
  return bytes;
}

function sum(bytes: Buffer): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += (bytes[at] << 8) | (bytes[at + 1] ?? 0);
  return total;
}

function checksum(bytes: Buffer, before: number): number {
  let total = before + sum(bytes);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}
