// The ladder: a conversation of two machines, drawn as arrows between two lines, the time on each side being that
// machine's: when it sent the frame, or when the frame reached it. Pure: events in, text out.

import { Conversations } from "./conversation.ts";
import { dissect } from "./dissect.ts";
import { frameWords, type Role } from "./words.ts";

/** One frame on the cable. */
export interface LadderFrame {
  /** Microseconds at which it was sent. */
  time: number;
  /** Names of machines. */
  from: string;
  to: string;
  /** From the destination address on, without FCS. */
  frame: Uint8Array;
  /** Microseconds at which it arrived: none when it was lost, two when the cable doubled it. Left out: at once. */
  arrivals?: readonly number[];
  /** True when it arrives as what an adapter drops for its wrong FCS. */
  damaged?: boolean;
  /** What became of it, where that needs saying: "lost on the cable", "held back". */
  notes?: readonly string[];
  /** States of the sender after sending and of the receiver after receiving; left out where there is nothing new. */
  fromState?: string;
  toState?: string;
}

/** A remark between two frames. */
export interface LadderRemark {
  time: number;
  remark: string;
}

export type LadderEvent = LadderFrame | LadderRemark;

/** A frame as the ladder shows it, for programs. Times in microseconds. */
export interface LadderRow {
  time: number;
  from: string;
  to: string;
  bytes: number;
  role: Role;
  /** Most important first. */
  parts: string[];
  /** What the drawing leaves out where it has no room: the window. */
  extra: string;
  details: string[];
  /** "sent again", "lost", ...: what is out of the ordinary. */
  marks: string[];
  arrivals: readonly number[];
  damaged: boolean;
  fromState: string;
  toState: string;
}

export interface LadderMachine {
  name: string;
  address: string;
  /** The state it is in before the first event. */
  state?: string;
}

/** What a piece of the drawing is, so that a terminal or a page can colour it. */
export type Ink = Role | "again" | "lost" | "line" | "state" | "time" | "name" | "detail" | "remark";
export type Paint = (ink: Ink, text: string) => string;

export interface LadderOptions {
  /** Columns to fill; at least 80. */
  width?: number;
  paint?: Paint;
  /** Only characters of ASCII. */
  ascii?: boolean;
}

interface Glyphs {
  rail: string;
  shaft: string;
  right: string;
  left: string;
  cross: string;
  dots: string;
}

const UNICODE: Glyphs = { rail: "│", shaft: "─", right: "▶", left: "◀", cross: "✗", dots: "┄" };
const ASCII: Glyphs = { rail: "|", shaft: "-", right: ">", left: "<", cross: "X", dots: "." };
const ASCII_FOR: Record<string, string> = { "→": "->", "·": ",", "“": '"', "”": '"', "…": "..." };
const TIME_WIDTH = 9;
const STATE_WIDTH = 12;
const MARGINS = 2 * (TIME_WIDTH + 1 + STATE_WIDTH + 2);
const NARROWEST = 80;
const WIDEST = 120;

/** Works out what each frame is in its conversation. Events come in the order in which they were sent. */
export function ladderRows(events: readonly LadderEvent[]): (LadderRow | LadderRemark)[] {
  const conversations = new Conversations();
  return events.map((event) => ("remark" in event ? event : rowOf(event, conversations)));
}

function rowOf(event: LadderFrame, conversations: Conversations): LadderRow {
  const d = dissect(event.frame);
  const view = conversations.view(d);
  const words = frameWords(d, view);
  const arrivals = event.arrivals ?? [event.time];
  const marks = [];
  if (view?.again) marks.push("sent again");
  if (view?.duplicateAck) marks.push("duplicate ACK");
  if (event.notes) marks.push(...event.notes);
  else if (arrivals.length === 0) marks.push("lost");
  else if (arrivals.length > 1) marks.push("arrives twice");
  const problems = words.role === "damaged" ? [] : d.problems;
  return {
    time: event.time,
    from: event.from,
    to: event.to,
    bytes: d.bytes,
    role: words.role,
    parts: words.parts,
    extra: words.extra ?? "",
    details: [...words.details, ...problems],
    marks,
    arrivals,
    damaged: event.damaged ?? false,
    fromState: event.fromState ?? "",
    toState: event.toState ?? "",
  };
}

/** Draws the ladder between two machines, the first on the left; the text ends with a line feed. */
export function drawLadder(
  machines: readonly [LadderMachine, LadderMachine],
  events: readonly LadderEvent[],
  options: LadderOptions = {},
): string {
  const drawing = new Drawing(machines, options);
  drawing.head();
  for (const row of ladderRows(events)) {
    if ("remark" in row) drawing.remark(row.remark);
    else drawing.row(row);
  }
  return drawing.text();
}

/** Microseconds as milliseconds with three decimals. */
export function millis(time: number): string {
  return (time / 1000).toFixed(3);
}

/** Lines of a ladder under construction. Everything is measured before it is coloured. */
class Drawing {
  readonly #lines: string[] = [];
  readonly #left: LadderMachine;
  readonly #right: LadderMachine;
  readonly #paint: Paint;
  readonly #glyphs: Glyphs;
  readonly #ascii: boolean;
  /** Columns between the two rails. */
  readonly #inner: number;

  constructor([left, right]: readonly [LadderMachine, LadderMachine], options: LadderOptions) {
    this.#left = left;
    this.#right = right;
    this.#paint = options.paint ?? ((_, text) => text);
    this.#ascii = options.ascii ?? false;
    this.#glyphs = this.#ascii ? ASCII : UNICODE;
    this.#inner = Math.min(WIDEST, Math.max(NARROWEST, options.width ?? 100)) - MARGINS;
  }

  text(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }

  head(): void {
    const names = this.#between(
      `${this.#left.name} ${this.#left.address}`,
      `${this.#right.address} ${this.#right.name}`,
    );
    const edge = TIME_WIDTH + 1 + STATE_WIDTH;
    this.#lines.push(`${" ".repeat(edge + 1)}${this.#paint("name", names)}`);
    const left = `${"ms".padStart(TIME_WIDTH)} ${"state".padStart(STATE_WIDTH)}`;
    const right = `${"state".padEnd(STATE_WIDTH)} ${"ms".padStart(TIME_WIDTH)}`;
    const rails = `${this.#glyphs.rail}${" ".repeat(this.#inner)}${this.#glyphs.rail}`;
    this.#lines.push(`${this.#paint("time", left)} ${this.#paint("line", rails)} ${this.#paint("time", right)}`);
    this.#side(["", this.#left.state ?? ""], " ".repeat(this.#inner), ["", this.#right.state ?? ""]);
  }

  remark(text: string): void {
    const label = this.#plain(` ${text} `).slice(0, this.#inner);
    const before = Math.max(0, Math.floor((this.#inner - label.length) / 2));
    const after = Math.max(0, this.#inner - label.length - before);
    const dots = this.#glyphs.dots;
    this.#side(["", ""], this.#paint("remark", `${dots.repeat(before)}${label}${dots.repeat(after)}`), ["", ""]);
  }

  row(row: LadderRow): void {
    const rightward = row.from === this.#left.name;
    const lost = row.arrivals.length === 0;
    const [first, rest] = this.#break(row.parts, row.extra);
    const arrow = this.#arrow(first, rightward, row);
    const sender = [millis(row.time), row.fromState];
    const receiver = [lost ? "" : millis(row.arrivals[0] ?? 0), row.toState];
    this.#side(rightward ? sender : receiver, arrow, rightward ? receiver : sender);
    for (const line of this.#wrap(row.marks)) this.#below(line, rightward, lost || row.damaged ? "lost" : "again");
    for (const line of [...rest, ...row.details]) this.#below(line, rightward, "detail");
  }

  // A frame that needs attention takes its colour from that, not from what it carries.
  #ink(row: LadderRow): Ink {
    if (row.arrivals.length === 0 || row.damaged) return "lost";
    return row.marks.includes("sent again") ? "again" : row.role;
  }

  // The parts that fit beside the arrow, and the others joined to a line for below it.
  #break(parts: readonly string[], extra: string): [string, string[]] {
    const room = this.#inner - 8;
    const whole = [...parts, extra].filter((part) => part !== "").join(" ");
    if (whole.length <= room) return [this.#plain(whole), []];
    let taken = 1;
    while (taken < parts.length && parts.slice(0, taken + 1).join(" ").length <= room) taken++;
    const first = this.#plain(parts.slice(0, taken).join(" ")).slice(0, room);
    return [first, taken < parts.length ? [parts.slice(taken).join(" ")] : []];
  }

  #arrow(text: string, rightward: boolean, row: LadderRow): string {
    const { shaft, right, left, cross } = this.#glyphs;
    const lost = row.arrivals.length === 0;
    const ink = this.#ink(row);
    // A lost frame gets most of the way, but always past its text.
    const span = lost ? Math.max(text.length + 6, Math.floor(this.#inner * 0.75)) : this.#inner;
    const tip = lost || row.damaged ? cross : rightward ? right : left;
    const fill = shaft.repeat(span - text.length - 5);
    const empty = " ".repeat(this.#inner - span);
    const label = this.#paint(ink, text);
    const line = (piece: string): string => this.#paint(ink === "lost" || ink === "again" ? ink : "line", piece);
    const start = shaft.repeat(2);
    if (rightward) return `${line(start)} ${label} ${line(`${fill}${tip}`)}${empty}`;
    return `${empty}${line(`${tip}${fill}`)} ${label} ${line(start)}`;
  }

  // Marks on as few lines as hold them.
  #wrap(marks: readonly string[]): string[] {
    const lines: string[] = [];
    for (const mark of marks) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + mark.length + 2 <= this.#inner - 6) {
        lines[lines.length - 1] = `${last}, ${mark}`;
      } else {
        lines.push(mark);
      }
    }
    return lines;
  }

  #below(text: string, rightward: boolean, ink: Ink): void {
    const room = this.#inner - 6;
    const plain = this.#plain(text);
    const cut = plain.length > room ? `${plain.slice(0, room - 1)}${this.#ascii ? "~" : "…"}` : plain;
    const label = this.#paint(ink, cut);
    const empty = " ".repeat(this.#inner - 3 - cut.length);
    this.#side(["", ""], rightward ? `   ${label}${empty}` : `${empty}${label}   `, ["", ""]);
  }

  #side([leftTime = "", leftState = ""]: string[], middle: string, [rightTime = "", rightState = ""]: string[]): void {
    const rail = this.#paint("line", this.#glyphs.rail);
    const left = `${this.#before("time", leftTime, TIME_WIDTH)} ${this.#before("state", leftState, STATE_WIDTH)}`;
    const gap = " ".repeat(STATE_WIDTH - rightState.length);
    const right = `${this.#paint("state", rightState)}${gap} ${this.#before("time", rightTime, TIME_WIDTH)}`;
    this.#lines.push(`${left} ${rail}${middle}${rail} ${right}`.trimEnd());
  }

  // Blanks stay uncoloured, so that a line can be cut where its text ends.
  #before(ink: Ink, text: string, width: number): string {
    return " ".repeat(Math.max(0, width - text.length)) + this.#paint(ink, text);
  }

  #between(left: string, right: string): string {
    return `${left}${" ".repeat(Math.max(1, this.#inner - left.length - right.length))}${right}`;
  }

  #plain(text: string): string {
    if (!this.#ascii) return text;
    return text.replace(/[→·“”…]/g, (character) => ASCII_FOR[character] ?? "?").replace(/[^\x20-\x7e]/g, "?");
  }
}
