// A model of reassembly that knows nothing but bytes: which are here, where the datagram ends, and whether what came
// contradicts itself. Of a fragment only the first byte may be another than its place says.

/** More places than a test uses. */
const PLACES: u32 = 16384;
const UNKNOWN: u32 = 0xffffffff;

/** A fragment as it came. */
class Piece {
  constructor(
    readonly place: u32,
    readonly bytes: u32,
    readonly isLast: bool,
    readonly firstByte: u8,
  ) {}
}

export class Model {
  total: u32 = UNKNOWN;
  /** A fragment with a strange byte was taken. */
  isDamaged: bool = false;
  private isAbandoned: bool = false;
  private here: StaticArray<bool> = new StaticArray<bool>(PLACES);
  private pieces: Array<Piece> = [];

  /** Nothing has come yet. */
  start(): void {
    this.total = UNKNOWN;
    this.isDamaged = false;
    this.isAbandoned = false;
    this.here.fill(false);
    this.pieces = [];
  }

  /** A fragment comes; true when that makes the datagram complete. */
  arrive(place: u32, bytes: u32, isLast: bool, firstByte: u8): bool {
    if (this.isAbandoned) return false;
    const end = place + bytes;
    for (let i = 0; i < this.pieces.length; i++) {
      const piece = this.pieces[i];
      const isSame = piece.place == place && piece.bytes == bytes && piece.isLast == isLast;
      if (isSame && piece.firstByte == firstByte) return false;
    }
    if (this.contradicts(place, end, isLast)) {
      this.isAbandoned = true;
      return false;
    }
    if (isLast) this.total = end;
    for (let i = place; i < end; i++) this.here[i] = true;
    this.pieces.push(new Piece(place, bytes, isLast, firstByte));
    if (firstByte != <u8>((place * 0x9e3779b1) >> 24)) this.isDamaged = true;
    return this.isComplete();
  }

  private contradicts(place: u32, end: u32, isLast: bool): bool {
    if (this.total != UNKNOWN && (end > this.total || (isLast && end != this.total))) return true;
    for (let i = place; i < PLACES; i++) {
      if (this.here[i] && (i < end || isLast)) return true;
    }
    return false;
  }

  private isComplete(): bool {
    if (this.total == UNKNOWN) return false;
    for (let i: u32 = 0; i < this.total; i++) if (!this.here[i]) return false;
    return true;
  }
}
