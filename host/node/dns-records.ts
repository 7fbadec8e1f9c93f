// The records of a DNS answer (RFC 1035 §3.3 and others), in the shapes in which node:dns gives them.

import { formatAddress } from "../core/address.ts";

/** A record: whose it is, what kind, how long it may be kept, and what it says. */
export interface DnsRecord {
  name: string;
  type: number;
  /** Seconds. */
  ttl: number;
  value: unknown;
}

/** Types by the names that `resolve(name, type)` takes. */
export const RECORD_TYPES = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  ANY: 255,
  CAA: 257,
} as const;
export type RecordTypeName = keyof typeof RECORD_TYPES;

const HEADER = 12;
const POINTER = 0xc0;
const MOST_JUMPS = 128;

/** An answer that is none. */
export class AnswerError extends Error {
  readonly code = "EBADRESP";
}

/** The records of the answer section. Throws AnswerError when the message is malformed. */
export function answersOf(message: Uint8Array): DnsRecord[] {
  if (message.length < HEADER) throw new AnswerError("The answer is shorter than a header.");
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const reader = new Reader(view, HEADER);
  for (let i = view.getUint16(4); i > 0; i--) {
    reader.name();
    reader.at += 4;
  }
  return Array.from({ length: view.getUint16(6) }, () => readRecord(reader));
}

/** Reads numbers, names and texts one behind the other, and never beyond the message. */
class Reader {
  constructor(
    readonly view: DataView,
    public at: number,
  ) {}

  u8(): number {
    return this.view.getUint8(this.#step(1));
  }
  u16(): number {
    return this.view.getUint16(this.#step(2));
  }
  u32(): number {
    return this.view.getUint32(this.#step(4));
  }
  bytes(length: number): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.#step(length), length);
  }
  /** A text with its length in front (RFC 1035 §3.3). */
  text(): string {
    return Buffer.from(this.bytes(this.u8())).toString("latin1");
  }

  name(): string {
    const labels: string[] = [];
    let behind = -1;
    for (let jumps = 0; jumps < MOST_JUMPS; ) {
      const length = this.u8();
      if (length === 0) {
        if (behind >= 0) this.at = behind;
        return labels.join(".");
      }
      if (length < POINTER) {
        labels.push(escaped(this.bytes(length)));
        continue;
      }
      const place = ((length & 0x3f) << 8) | this.u8();
      if (behind < 0) behind = this.at;
      this.at = place;
      jumps++;
    }
    throw new AnswerError("A name in the answer does not end.");
  }

  #step(bytes: number): number {
    const at = this.at;
    this.at += bytes;
    if (this.at > this.view.byteLength) throw new AnswerError("The answer ends before its records do.");
    return at;
  }
}

// What could be mistaken for something else is written as its number (RFC 1035 §5.1).
function escaped(label: Uint8Array): string {
  const isPlain = (byte: number): boolean => byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c;
  const parts = Array.from(label, (byte) => {
    return isPlain(byte) ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, "0")}`;
  });
  return parts.join("");
}

function readRecord(reader: Reader): DnsRecord {
  const name = reader.name();
  const type = reader.u16();
  reader.u16(); // the class
  const ttl = reader.u32();
  const end = reader.u16() + reader.at;
  if (end > reader.view.byteLength) throw new AnswerError("A record reaches beyond the answer.");
  const value = (READERS[type] ?? rawData)(reader, end);
  reader.at = end;
  return { name, type, ttl, value };
}

function rawData(reader: Reader, end: number): Uint8Array {
  return reader.bytes(end - reader.at).slice();
}

const READERS: Readonly<Record<number, (reader: Reader, end: number) => unknown>> = {
  [RECORD_TYPES.A]: (reader) => reader.bytes(4).join("."),
  [RECORD_TYPES.AAAA]: (reader) => formatAddress(reader.bytes(16)),
  [RECORD_TYPES.NS]: (reader) => reader.name(),
  [RECORD_TYPES.CNAME]: (reader) => reader.name(),
  [RECORD_TYPES.PTR]: (reader) => reader.name(),
  [RECORD_TYPES.MX]: (reader) => ({ priority: reader.u16(), exchange: reader.name() }),
  [RECORD_TYPES.SOA]: (reader) => ({
    nsname: reader.name(),
    hostmaster: reader.name(),
    serial: reader.u32(),
    refresh: reader.u32(),
    retry: reader.u32(),
    expire: reader.u32(),
    minttl: reader.u32(),
  }),
  [RECORD_TYPES.SRV]: (reader) => ({
    priority: reader.u16(),
    weight: reader.u16(),
    port: reader.u16(),
    name: reader.name(),
  }),
  [RECORD_TYPES.NAPTR]: (reader) => ({
    order: reader.u16(),
    preference: reader.u16(),
    flags: reader.text(),
    service: reader.text(),
    regexp: reader.text(),
    replacement: reader.name(),
  }),
  [RECORD_TYPES.CAA]: (reader, end) => {
    const critical = reader.u8() & 0x80;
    const tag = reader.text();
    return { critical, [tag]: Buffer.from(reader.bytes(end - reader.at)).toString("latin1") };
  },
  [RECORD_TYPES.TXT]: (reader, end) => {
    const texts: string[] = [];
    while (reader.at < end) texts.push(reader.text());
    return texts;
  },
};
