// The comparison of a board as a table, and as data.

import { type Column, tableText } from "../../../host/inspect/table.ts";
import { DIRECTIONS, type Direction } from "./peer.ts";
import { PARTS, type Shares } from "./profile.ts";

/** What one stack takes for a segment in one direction. */
export interface Figure {
  readonly instructions: number;
  readonly segmentsPerAck: number;
  /** Null where instructions could not be counted one by one. */
  readonly shares: Shares | null;
}

export interface Contender {
  readonly name: string;
  readonly figures: Readonly<Record<Direction, Figure>>;
}

export interface BoardResult {
  readonly board: string;
  readonly title: string;
  readonly mac: string;
  /** Thimble first, then lwIP, best first. */
  readonly contenders: readonly Contender[];
}

/** Most times as many instructions as lwIP's that Thimble is to take. */
export const GOAL = 2;
const UNKNOWN = "-";

export function resultText({ board, title, mac, contenders }: BoardResult): string {
  const [thimble, lwip, ...others] = contenders;
  const pairs = lwip === undefined ? [thimble] : [thimble, lwip];
  const columns: Column[] = [{ title: "instructions for a segment" }];
  const sides = DIRECTIONS.flatMap((direction) => pairs.map((contender) => ({ direction, contender })));
  for (const { direction, contender } of sides) {
    columns.push({ title: `${direction}: ${contender.name}`, align: "right" });
  }
  const figures = sides.map(({ direction, contender }) => contender.figures[direction]);
  const rows = [["in all", ...figures.map(({ instructions }) => grouped(instructions))]];
  for (const part of PARTS) rows.push([`  ${part}`, ...figures.map(({ shares }) => grouped(shares?.[part]))]);
  rows.push(["segments/ACK", ...figures.map(({ segmentsPerAck }) => segmentsPerAck.toFixed(2))]);
  const more = others.map((other) => {
    const texts = DIRECTIONS.map((direction) => {
      const times = ratiosOf(thimble, other)[direction].toFixed(2);
      return `${direction} ${grouped(other.figures[direction].instructions)} (Thimble ${times} times that)`;
    });
    return `${other.name}: ${texts.join(", ")}\n`;
  });
  return `\n${board}: ${title}, ${mac}\n${tableText(columns, rows, "  ")}${ratioText(thimble, lwip)}${more.join("")}`;
}

function ratioText(thimble: Contender, lwip: Contender | undefined): string {
  if (lwip === undefined) return "";
  const ratios = ratiosOf(thimble, lwip);
  const texts = DIRECTIONS.map((direction) => `${direction} ${ratios[direction].toFixed(2)}`);
  const isReached = DIRECTIONS.every((direction) => ratios[direction] <= GOAL);
  return `Times lwIP's: ${texts.join(", ")}; wanted: at most ${GOAL}, ${isReached ? "reached" : "not yet"}\n`;
}

export function ratiosOf(thimble: Contender, lwip: Contender): Record<Direction, number> {
  const ratio = (direction: Direction): number =>
    thimble.figures[direction].instructions / lwip.figures[direction].instructions;
  return { received: ratio("received"), sent: ratio("sent") };
}

export function resultData({ board, mac, contenders }: BoardResult): object {
  const [thimble, lwip] = contenders;
  return { board, mac, goal: GOAL, ratios: lwip === undefined ? null : ratiosOf(thimble, lwip), contenders };
}

function grouped(value: number | undefined): string {
  return value === undefined ? UNKNOWN : Math.round(value).toLocaleString("en-US");
}
