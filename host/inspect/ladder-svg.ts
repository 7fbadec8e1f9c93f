// The ladder as a picture: the same drawing as in a terminal, as SVG that follows the reader's light or dark theme.

import { drawLadder, type Ink, type LadderEvent, type LadderMachine } from "./ladder.ts";

/** Pixels of a character and of a line. */
const CHARACTER = 7.8;
const LINE = 17;
const FONT = 13;
const MARGIN = 16;

/** Between these a painted piece goes through the drawing: ink, text. None of them occurs in a ladder. */
const BEGIN = "\u0002";
const SEPARATOR = "\u0003";
const END = "\u0004";
const RAIL = "│";

/** Colours on light and on dark ground. */
const INKS: Record<Ink, readonly [light: string, dark: string]> = {
  arp: ["#8250df", "#d2a8ff"],
  nd: ["#8250df", "#d2a8ff"],
  group: ["#0969da", "#79c0ff"],
  icmp: ["#0969da", "#79c0ff"],
  udp: ["#0969da", "#79c0ff"],
  open: ["#0b7285", "#56d4dd"],
  data: ["#1a7f37", "#56d364"],
  ack: ["#24292f", "#e6edf3"],
  close: ["#0b7285", "#56d4dd"],
  reset: ["#cf222e", "#ff7b72"],
  damaged: ["#cf222e", "#ff7b72"],
  other: ["#24292f", "#e6edf3"],
  again: ["#9a6700", "#e3b341"],
  lost: ["#cf222e", "#ff7b72"],
  line: ["#8c959f", "#6e7681"],
  state: ["#0b7285", "#56d4dd"],
  time: ["#6e7781", "#8b949e"],
  name: ["#24292f", "#f0f6fc"],
  detail: ["#6e7781", "#8b949e"],
  remark: ["#9a6700", "#e3b341"],
};

const BOLD: readonly Ink[] = ["open", "data", "close", "reset", "again", "lost", "name"];

/** Draws the ladder between two machines, the first on the left, `width` characters wide. */
export function ladderSvg(
  machines: readonly [LadderMachine, LadderMachine],
  events: readonly LadderEvent[],
  width = 100,
): string {
  const paint = (ink: Ink, text: string): string => `${BEGIN}${ink}${SEPARATOR}${text}${END}`;
  const lines = drawLadder(machines, events, { width, paint }).trimEnd().split("\n").map(piecesOf);
  const columns = Math.max(
    ...lines.map((line) => Math.max(0, ...line.map(({ column, text }) => column + text.length))),
  );
  const size = { width: columns * CHARACTER + 2 * MARGIN, height: lines.length * LINE + 2 * MARGIN };
  const title = `A conversation between ${machines[0].name} and ${machines[1].name}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width.toFixed(0)} ${size.height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${style()}</style>`,
    `<rect class="ground" width="100%" height="100%" rx="8"/>`,
    ...lines.flatMap((line, row) => line.flatMap((piece) => drawPiece(piece, row))),
    "</svg>\n",
  ].join("\n");
}

interface Piece {
  ink: Ink;
  column: number;
  text: string;
}

/** Takes a line with painted pieces apart; unpainted text counts as an ordinary line. */
function piecesOf(line: string): Piece[] {
  const pieces: Piece[] = [];
  let column = 0;
  const painted = new RegExp(`${BEGIN}(\\w+)${SEPARATOR}([^${END}]*)${END}|([^${BEGIN}]+)`, "g");
  for (const [, ink, text, plain] of line.matchAll(painted)) {
    const piece: Piece = { ink: (ink ?? "other") as Ink, column, text: text ?? plain ?? "" };
    column += piece.text.length;
    if (piece.text.trim() !== "") pieces.push(piece);
  }
  return pieces;
}

// Rails are drawn as lines, which join from row to row as characters do not. Words more than a blank apart are placed
// one by one, since some renderers take a row of blanks for one.
function drawPiece({ ink, column, text }: Piece, row: number): string[] {
  const drawn: string[] = [];
  for (const { 0: word, index } of text.matchAll(/│|[^│\s]+(?: [^│\s]+)*/g)) {
    const x = MARGIN + (column + index) * CHARACTER;
    const top = MARGIN + row * LINE;
    if (word === RAIL) {
      const middle = (x + CHARACTER / 2).toFixed(1);
      drawn.push(`<path class="rail" d="M${middle} ${top}v${LINE}"/>`);
    } else {
      const length = (word.length * CHARACTER).toFixed(1);
      const place = `x="${x.toFixed(1)}" y="${(top + LINE * 0.72).toFixed(1)}"`;
      drawn.push(`<text class="${ink}" ${place} textLength="${length}">${escapeXml(word)}</text>`);
    }
  }
  return drawn;
}

function style(): string {
  const colours = (theme: 0 | 1): string =>
    Object.entries(INKS)
      .map(([ink, pair]) => `.${ink}{fill:${pair[theme]}}`)
      .join("");
  const bold = BOLD.map((ink) => `.${ink}`).join(",");
  return [
    `text{font:${FONT}px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;white-space:pre}`,
    `${bold}{font-weight:600}.ground{fill:#f6f8fa}.rail{stroke:#8c959f;fill:none}${colours(0)}`,
    `@media(prefers-color-scheme:dark){.ground{fill:#0d1117}.rail{stroke:#6e7681}${colours(1)}}`,
  ].join("");
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
