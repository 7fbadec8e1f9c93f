// The file that a recording is kept in: a mark with the format's version, then blocks. A block has a head of eight bytes:
// what it is, a byte of 0, which machine it is about (16 bits), how many bytes follow (32 bits), lowest byte first.
//
//   ABOUT    JSON: RecordingAbout                      the first block
//   WASM     a module's bytes, deflated                before the first machine that runs it
//   MACHINE  JSON: MachineAbout                        before the first tape of that machine
//   TAPE     operations (host/replay/operations.ts)    as many blocks as it takes
//
// A file that ends in the middle of a block, because whoever wrote it was killed, is good up to that block.

/** Raised whenever an older program could not read what is written. */
export const VERSION = 1;
const MARK = "thimrec";
export const MARK_BYTES = MARK.length + 1;
export const HEAD_BYTES = 8;

export enum Block {
  ABOUT = 1,
  WASM,
  MACHINE,
  TAPE,
}

/** What is said of a recording as a whole. */
export interface RecordingAbout {
  /** When it began: ISO 8601. */
  began: string;
  /** What was recorded, for people: a command line, the title of a test. */
  what: string;
}

/** What is said of one machine. */
export interface MachineAbout {
  name: string;
  /** SHA-256 of the wasm file in hexadecimal; null when the program that recorded did not have the file. */
  wasm: string | null;
  /** Bus address of linear address 0. */
  dmaBase: number;
  /** Names of the core's calls, in the order of their numbers on the tape. */
  calls: string[];
}

/** The file's first bytes. */
export function markBytes(): Uint8Array {
  return Uint8Array.from([...Buffer.from(MARK), VERSION]);
}

/** The version of the format of a file that begins with `bytes`; null when it is no recording. */
export function versionOf(bytes: Uint8Array): number | null {
  const isMarked = bytes.length >= MARK_BYTES && Buffer.from(MARK).equals(bytes.subarray(0, MARK.length));
  return isMarked ? bytes[MARK.length] : null;
}

export function headBytes(block: Block, machine: number, length: number): Uint8Array {
  const head = new DataView(new ArrayBuffer(HEAD_BYTES));
  head.setUint8(0, block);
  head.setUint16(2, machine, true);
  head.setUint32(4, length, true);
  return new Uint8Array(head.buffer);
}
