// The plainest scoreboard there can be: one state for every byte of a stream, positions that never wrap, and each answer
// found by looking at all of them. scoreboard.spec.ts holds the real one against it.
//
// Position 0 is the first byte of the stream (ISS + 1); the FIN is the position behind the last byte written.

/** Bytes that one run may write. */
export const MOST_BYTES: u32 = 8192;
const MOST_PACKETS: u32 = 512;

/** No packet: the byte was acknowledged and let go. */
const GONE: u16 = 0xffff;

// Of every byte: what is known of it, and which packet it is in.
const LOST: u8 = 1;
const REPORTED: u8 = 2;
const states = memory.data(MOST_BYTES);
const packetOf = memory.data(MOST_BYTES * 2, 8);

/** Of every packet: when it was sent last, and how often. */
@unmanaged
@final
class Sending {
  at: u64;
  times: u32;
  reserved: u32;
}
const sendings = memory.data(512 * 16, 8);

@unmanaged
@final
export class Model {
  /** SND.UNA, SND.NXT and the end of what was written, as positions. */
  una: u32;
  nxt: u32;
  end: u32;
  packets: u32;
  finSent: bool;
  finLost: bool;
  // RACK (RFC 8985 §6.2): of what was delivered, the send time and end of what was sent last, and the highest end.
  rackAt: u64;
  rackEnd: u32;
  rackRtt: u32;
  highest: u32;
  /** What was the highest before the ACK that is being taken. */
  highestBefore: u32;
  reordered: bool;
  minRtt: u32;
  /** Round trip that the ACK at hand gives; 0 for none. */
  rtt: u32;
  /** The peer's echo of our clock in the ACK at hand, in milliseconds; 0 when there is none. */
  echo: u64;

  start(minRtt: u32, time: u64): void {
    memory.fill(changetype<usize>(this), 0, offsetof<Model>());
    memory.fill(states, 0, MOST_BYTES);
    memory.fill(sendings, 0, MOST_PACKETS * offsetof<Sending>());
    this.minRtt = minRtt;
    this.rackAt = time;
  }

  private has(position: u32, state: u8): bool {
    return (load<u8>(states + position) & state) != 0;
  }
  packetAt(position: u32): u16 {
    return load<u16>(packetOf + position * 2);
  }
  private sending(packet: u16): Sending {
    return changetype<Sending>(sendings + <usize>packet * offsetof<Sending>());
  }

  /** The first byte of a packet that is still in the queue, and the one behind its last. */
  firstOf(packet: u16): u32 {
    let position: u32 = 0;
    while (this.packetAt(position) != packet) position++;
    return position;
  }
  endOf(packet: u16): u32 {
    let position = this.end;
    while (this.packetAt(position - 1) != packet) position--;
    return position;
  }
  /** True when this position begins a packet, as far as packets are still in the queue. */
  beginsPacket(position: u32): bool {
    return position == 0 || this.packetAt(position) != this.packetAt(position - 1);
  }

  // What the application and the sender do.

  write(bytes: u32, inNewPacket: bool): void {
    if (inNewPacket) this.packets++;
    for (let i: u32 = 0; i < bytes; i++) store<u16>(packetOf + (this.end + i) * 2, <u16>(this.packets - 1));
    this.end += bytes;
  }

  /** `bytes` more go out for the first time, all of one packet. */
  send(bytes: u32, time: u64): void {
    if (this.una == this.nxt) this.forgetRack(time);
    const packet = this.packetAt(this.nxt);
    for (let i = this.firstOf(packet); i < this.nxt; i++) this.unset(i, REPORTED); // that of a part is none of the whole
    const sending = this.sending(packet);
    sending.at = time;
    if (sending.times == 0) sending.times = 1;
    this.nxt += bytes;
  }

  sendFin(time: u64): void {
    if (this.una == this.nxt) this.forgetRack(time);
    this.finSent = true;
    this.nxt = this.end + 1;
  }

  private forgetRack(time: u64): void {
    this.rackAt = time;
    this.rackEnd = this.una;
  }

  /** What is outstanding of the packet goes again, and with it all up to `end`, or the FIN behind its last byte. */
  resend(packet: u16, end: u32, time: u64): void {
    for (let i = this.firstOf(packet); i < end; i++) this.unset(i, LOST);
    const sending = this.sending(packet);
    sending.at = time;
    sending.times++;
    this.nxt = max(this.nxt, end);
    if (this.finSent && end == this.end) this.finLost = false;
  }

  // Marks.

  private mark(position: u32, state: u8): void {
    store<u8>(states + position, load<u8>(states + position) | state);
  }
  private unset(position: u32, state: u8): void {
    store<u8>(states + position, load<u8>(states + position) & ~state);
  }

  /** Outstanding bytes of [first, end) that were not reported are lost. */
  lose(first: u32, end: u32): void {
    for (let i = max(first, this.una); i < min(min(end, this.nxt), this.end); i++) {
      if (!this.has(i, REPORTED)) this.mark(i, LOST);
    }
  }
  loseFin(): void {
    if (this.finSent && this.una <= this.end) this.finLost = true;
  }
  forget(losses: bool): void {
    for (let i: u32 = 0; i < this.end; i++) this.unset(i, losses ? LOST : REPORTED);
    if (losses) this.finLost = false;
  }

  // What an ACK says.

  /** A block [first, end) of the SACK option, as positions that may lie anywhere (RFC 2018 §5). */
  report(first: i64, end: i64, time: u64): void {
    if (first < <i64>this.una || end > <i64>this.nxt || first >= end) return;
    for (let i = <u32>first; i < min(<u32>end, this.end); i++) {
      const packet = this.packetAt(i);
      const sentEnd = min(this.endOf(packet), this.nxt);
      if (!this.beginsPacket(i) || sentEnd > <u32>end || this.has(i, REPORTED)) continue;
      for (let j = i; j < sentEnd; j++) {
        this.unset(j, LOST);
        this.mark(j, REPORTED);
      }
      this.deliver(packet, sentEnd, time);
    }
  }

  /** An ACK begins to be taken. */
  beginAck(): void {
    this.highestBefore = this.highest;
  }

  /** SND.UNA becomes `ack`. A packet in the middle of which that lies loses its front unless it is on its way. */
  acknowledge(ack: u32, cuts: bool, time: u64): void {
    const text = min(ack, this.end);
    let last = GONE;
    for (let i: u32 = 0; i < text; i++) {
      const packet = this.packetAt(i);
      if (packet == GONE || packet == last) continue;
      last = packet;
      const packetEnd = this.endOf(packet);
      if (!this.has(min(packetEnd, this.nxt) - 1, REPORTED)) {
        if (packetEnd > text) this.sample(packet, time);
        else this.deliver(packet, packetEnd, time);
      }
      if (packetEnd > text && !cuts) continue;
      for (let j = i; j < min(packetEnd, text); j++) store<u16>(packetOf + j * 2, GONE);
    }
    this.una = ack;
    if (ack > this.end) this.finLost = false;
  }

  private sample(packet: u16, time: u64): void {
    const sending = this.sending(packet);
    if (sending.times != 1) return;
    const rtt = <u32>max<u64>(time - sending.at, 1);
    if (!this.rtt) this.rtt = rtt;
    this.minRtt = min(this.minRtt, rtt);
  }

  // RFC 8985 §6.2, steps 1 to 3.
  private deliver(packet: u16, end: u32, time: u64): void {
    this.sample(packet, time);
    const sending = this.sending(packet);
    const rtt = <u32>max<u64>(time - sending.at, 1);
    if (end < this.highestBefore && sending.times == 1) this.reordered = true;
    this.highest = max(this.highest, end);
    if (sending.times > 1 && (rtt < this.minRtt || (this.echo && this.echo < sending.at / 1000))) return;
    this.rackRtt = rtt;
    if (sending.at < this.rackAt || (sending.at == this.rackAt && end <= this.rackEnd)) return;
    this.rackAt = sending.at;
    this.rackEnd = end;
  }

  // Sums.

  private countOf(state: u8): u32 {
    let bytes: u32 = 0;
    for (let i = this.una; i < min(this.nxt, this.end); i++) if (this.has(i, state)) bytes++;
    return bytes;
  }
  get lostBytes(): u32 {
    return this.countOf(LOST) + (this.finLost ? 1 : 0);
  }
  get sackedBytes(): u32 {
    return this.countOf(REPORTED);
  }
  /** Sequence numbers that are neither reported nor lost, the FIN's among them. */
  get pipe(): u32 {
    let numbers: u32 = 0;
    for (let i = this.una; i < this.nxt; i++) {
      if (i == this.end) numbers += this.finLost ? 0 : 1;
      else if (!this.has(i, LOST) && !this.has(i, REPORTED)) numbers++;
    }
    return numbers;
  }
  /** Whether some outstanding byte of [first, end) is lost. */
  isLost(first: u32, end: u32): bool {
    for (let i = max(first, this.una); i < min(end, this.nxt); i++) if (this.has(i, LOST)) return true;
    return false;
  }
  /** Whether there are outstanding bytes in [first, end), and all of them are reported. */
  isReported(first: u32, end: u32): bool {
    for (let i = max(first, this.una); i < min(end, this.nxt); i++) if (!this.has(i, REPORTED)) return false;
    return max(first, this.una) < min(end, this.nxt);
  }
}
