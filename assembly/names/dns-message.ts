// DNS messages (RFC 1035 §4): the header, one question, and the records behind it, read where they lie.

import { be16, be32, setBe16, setBe32 } from "../base/bytes";
import { BAD_NAME, nameBytes, readName } from "./dns-name";

const ID: usize = 0;
const BITS: usize = 2;
const QUESTIONS: usize = 4;
const ANSWERS: usize = 6;
const AUTHORITIES: usize = 8;
const ADDITIONALS: usize = 10;
export const DNS_HEADER_BYTES: u32 = 12;

/** Type and class behind a question's name; type, class, time to live and length behind a record's. */
const QUESTION_TAIL: u32 = 4;
export const RECORD_TAIL: u32 = 10;

export const DNS_PORT: u32 = 53;

/** Every server takes and every client gets as much without asking (RFC 1035 §4.2.1). */
export const LEAST_ANSWER_BYTES: u32 = 512;

export const enum DnsBits {
  RESPONSE = 0x8000,
  OPCODE = 0x7800,
  AUTHORITATIVE = 0x0400,
  TRUNCATED = 0x0200,
  RECURSION_DESIRED = 0x0100,
  RECURSION_AVAILABLE = 0x0080,
  CODE = 0x000f,
}

/** RCODE (RFC 1035 §4.1.1). */
export const enum DnsCode {
  NO_ERROR = 0,
  FORMAT_ERROR = 1,
  SERVER_FAILURE = 2,
  NAME_ERROR = 3,
  NOT_IMPLEMENTED = 4,
  REFUSED = 5,
}

export const enum RecordType {
  A = 1,
  CNAME = 5,
  SOA = 6,
  PTR = 12,
  AAAA = 28,
  OPT = 41,
  ANY = 255,
}

export const CLASS_IN: u32 = 1;

/** Which part of a message a record is in. */
export const enum Section {
  ANSWER,
  AUTHORITY,
  ADDITIONAL,
}

/** A walk over the records of a message: what the record in view says, and where the next one begins. */
@unmanaged
@final
export class Records {
  message: usize;
  bytes: u32;
  /** Where the next record begins, and how many are left in this section and the two behind it. */
  at: u32;
  left0: u32;
  left1: u32;
  left2: u32;
  section: Section;
  type: u32;
  recordClass: u32;
  /** Seconds; a number with its highest bit set counts as 0 (RFC 2181 §8). */
  ttl: u32;
  /** Where its data lies in the message, and its length. */
  data: u32;
  dataBytes: u32;
  /** True once the message has turned out to be none. */
  isMalformed: bool;

  /** Starts behind the question of a message; its name goes to `name`, room for NAME_BYTES. False: there is not just one. */
  start(message: usize, bytes: u32, name: usize): bool {
    this.message = message;
    this.bytes = bytes;
    this.isMalformed = false;
    if (bytes < DNS_HEADER_BYTES || be16(message, QUESTIONS) != 1) return false;
    const behind = readName(message, bytes, DNS_HEADER_BYTES, name);
    if (behind == BAD_NAME || <u32>behind + QUESTION_TAIL > bytes) return false;
    this.type = be16(message, behind);
    this.recordClass = be16(message, behind + 2);
    this.at = behind + QUESTION_TAIL;
    this.left0 = be16(message, ANSWERS);
    this.left1 = be16(message, AUTHORITIES);
    this.left2 = be16(message, ADDITIONALS);
    this.section = Section.ANSWER;
    return true;
  }

  /** Brings the next record into view, its name to `name`. False behind the last, or when the message is malformed. */
  next(name: usize): bool {
    if (this.left0) {
      this.left0--;
    } else if (this.left1) {
      this.section = Section.AUTHORITY;
      this.left1--;
    } else if (this.left2) {
      this.section = Section.ADDITIONAL;
      this.left2--;
    } else {
      return false;
    }
    const behind = readName(this.message, this.bytes, this.at, name);
    if (behind == BAD_NAME || <u32>behind + RECORD_TAIL > this.bytes) return this.refuse();
    this.type = be16(this.message, behind);
    this.recordClass = be16(this.message, behind + 2);
    const ttl = be32(this.message, behind + 4);
    this.ttl = ttl >> 31 ? 0 : ttl;
    this.dataBytes = be16(this.message, behind + 8);
    this.data = behind + RECORD_TAIL;
    this.at = this.data + this.dataBytes;
    return this.at <= this.bytes || this.refuse();
  }

  /** The name that is all the data of the record in view, to `name`. False: it is none. */
  dataName(name: usize): bool {
    return readName(this.message, this.bytes, this.data, name) == <i32>this.at || this.refuse();
  }

  private refuse(): bool {
    this.isMalformed = true;
    return false;
  }
}

export const RECORDS_BYTES: u32 = 56;
if (offsetof<Records>() > RECORDS_BYTES) ERROR("RECORDS_BYTES is too few for Records.");

export function dnsId(message: usize): u32 {
  return be16(message, ID);
}

export function dnsBits(message: usize): u32 {
  return be16(message, BITS);
}

/** Writes a header with one question and nothing else: where the next thing goes. */
export function writeQuestion(p: usize, id: u32, bits: u32, name: usize, type: u32): usize {
  memory.fill(p, 0, DNS_HEADER_BYTES);
  setBe16(p, id, ID);
  setBe16(p, bits, BITS);
  setBe16(p, 1, QUESTIONS);
  const bytes = nameBytes(name);
  memory.copy(p + DNS_HEADER_BYTES, name, bytes);
  const at = p + DNS_HEADER_BYTES + bytes;
  setBe16(at, type);
  setBe16(at, CLASS_IN, 2);
  return at + QUESTION_TAIL;
}

/** Appends what says that answers of up to `bytes` bytes are welcome (EDNS, RFC 6891 §6.1.2): where the next thing goes. */
export function writeEdns(p: usize, at: usize, bytes: u32): usize {
  store<u8>(at, 0);
  setBe16(at, RecordType.OPT, 1);
  setBe16(at, bytes, 3);
  setBe32(at, 0, 5);
  setBe16(at, 0, 9);
  setBe16(p, be16(p, ADDITIONALS) + 1, ADDITIONALS);
  return at + 1 + RECORD_TAIL;
}

/** Appends the head of an answer about the name in the question: where its data goes. */
export function writeAnswerHead(p: usize, at: usize, type: u32, ttl: u32, dataBytes: u32): usize {
  setBe16(at, 0xc000 | DNS_HEADER_BYTES);
  setBe16(at, type, 2);
  setBe16(at, CLASS_IN, 4);
  setBe32(at, ttl, 6);
  setBe16(at, dataBytes, 8 + 2);
  setBe16(p, be16(p, ANSWERS) + 1, ANSWERS);
  return at + 2 + RECORD_TAIL;
}

/** The minimum field of an SOA record in view, which says how long "there is none" holds (RFC 2308 §4); 0: malformed. */
export function soaMinimum(records: Records, room: usize): u32 {
  const first = readName(records.message, records.bytes, records.data, room);
  if (first == BAD_NAME) return 0;
  const second = readName(records.message, records.bytes, first, room);
  if (second == BAD_NAME || <u32>second + 20 != records.at) return 0;
  return min<u32>(be32(records.message, second + 16), records.ttl);
}
