// Lines of text that come in whatever pieces: each is kept until it ends, of long ones as much as there is room for.

/** What a byte makes of a line. */
export const enum LineFate {
  OPEN = 0,
  /** It has ended: with CR and LF, or with LF alone, which stand for the same (RFC 9112 §2.2). */
  WHOLE = 1,
  /** It has ended, and its end is lost. */
  CUT = 2,
  /** No such byte may stand in a line. */
  BAD = 3,
}

const enum LineMark {
  RETURN = 1,
  CUT = 2,
}

const LF: u32 = 10;
const CR: u32 = 13;
const TAB: u32 = 9;
const SPACE: u32 = 0x20;
const DELETED: u32 = 0x7f;

/** A line that is being read. Where it stands, and how much room there is, is its owner's knowledge. */
@unmanaged
@final
export class Line {
  /** Bytes of it that are kept. */
  bytes: u16;
  private marks: u16;

  /** Begins the next line. */
  begin(): void {
    this.bytes = 0;
    this.marks = 0;
  }

  /** Adds a byte to the line at `at`, which has so much room. */
  add(byte: u32, at: usize, room: u32): LineFate {
    if (byte == LF) return this.marks & <u16>LineMark.CUT ? LineFate.CUT : LineFate.WHOLE;
    if (this.marks & <u16>LineMark.RETURN) return LineFate.BAD;
    if (byte == CR) {
      this.marks |= <u16>LineMark.RETURN;
      return LineFate.OPEN;
    }
    if ((byte < SPACE && byte != TAB) || byte == DELETED) return LineFate.BAD;
    if (this.bytes < room) store<u8>(at + this.bytes++, <u8>byte);
    else this.marks |= <u16>LineMark.CUT;
    return LineFate.OPEN;
  }
}
