// A signal as a picture: one line of steps, with the parts of the frame below it.

import type { Signal } from "./line-code.ts";

const STEP = 8;
const LEVEL = 30;
const MARGIN = 24;
const PER_ROW = 160;
const ROW = 2 * LEVEL + 60;

/** Symbols `from` to `to` of a signal, as the text of an SVG file. */
export function signalSvg(signal: Signal, from: number, to: number): string {
  const rows = Math.ceil((to - from) / PER_ROW);
  const [width, height] = [PER_ROW * STEP + 2 * MARGIN, rows * ROW + MARGIN];
  const drawn = Array.from({ length: rows }, (_, row) => {
    const start = from + row * PER_ROW;
    return rowSvg(signal, start, Math.min(start + PER_ROW, to), MARGIN + row * ROW);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#fff"/>
${drawn.join("\n")}
</svg>
`;
}

function rowSvg({ levels, parts, code }: Signal, from: number, to: number, top: number): string {
  const isLight = code === "100base-fx";
  const x = (symbol: number): number => MARGIN + (symbol - from) * STEP;
  const y = (level: number): number => top + (isLight ? (1 - level) * 2 * LEVEL : (1 - level) * LEVEL);
  const path = Array.from(levels.subarray(from, to), (level, i) => {
    const at = from + i;
    return `${i === 0 ? "M" : "L"}${x(at)} ${y(level)}L${x(at + 1)} ${y(level)}`;
  }).join("");
  const names = parts
    .filter((part) => part.to > from && part.from < to)
    .map((part) => {
      const left = x(Math.max(part.from, from));
      const bar = `<path d="M${left} ${top - 6}V${top + 2 * LEVEL + 24}" stroke="#bbb"/>`;
      return `${bar}<text x="${left + 4}" y="${top + 2 * LEVEL + 20}" fill="#555">${part.name}</text>`;
    });
  const color = isLight ? "#b8860b" : "#0b5fa5";
  return `${names.join("")}<path d="${path}" fill="none" stroke="${color}" stroke-width="2"/>`;
}
