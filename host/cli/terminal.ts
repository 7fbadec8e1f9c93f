// What the commands know about the terminal: colour, width, and how numbers are written for people.

import pc from "picocolors";
import type { Ink, Paint } from "../inspect/ladder.ts";

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours for a stream: off where it is no terminal or NO_COLOR is set (no-color.org), on with FORCE_COLOR. */
export function colorsFor(stream: NodeJS.WriteStream): Colors {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return pc.createColors(false);
  return pc.createColors(FORCE_COLOR ? FORCE_COLOR !== "0" : stream.isTTY === true && TERM !== "dumb");
}

/** The colours of a ladder. */
export function ladderPaint(colors: Colors): Paint {
  const inks: Record<Ink, (text: string) => string> = {
    arp: colors.magenta,
    nd: colors.magenta,
    group: colors.blue,
    icmp: colors.blue,
    udp: colors.blue,
    open: (text) => colors.bold(colors.cyan(text)),
    data: (text) => colors.bold(colors.green(text)),
    ack: (text) => text,
    close: (text) => colors.bold(colors.cyan(text)),
    reset: (text) => colors.bold(colors.red(text)),
    damaged: colors.red,
    other: (text) => text,
    again: (text) => colors.bold(colors.yellow(text)),
    lost: (text) => colors.bold(colors.red(text)),
    line: colors.dim,
    state: colors.cyan,
    time: colors.dim,
    name: colors.bold,
    detail: colors.dim,
    remark: colors.yellow,
  };
  return (ink, text) => (text.trim() === "" ? text : inks[ink](text));
}

/** Columns of stdout, 100 where it is no terminal. */
export function columns(): number {
  return process.stdout.columns ?? 100;
}

/** 1234567 as "1.2 MB"; powers of ten, as disks and networks count. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = "";
  for (const next of units) {
    if (value < 999.95) break;
    value /= 1000;
    unit = next;
  }
  return `${value.toFixed(1)} ${unit}`;
}

/** Bytes in so many seconds as "12.3 Mbit/s". */
export function rateText(bytes: number, seconds: number): string {
  if (seconds <= 0) return "-";
  const bits = (bytes * 8) / seconds;
  if (bits >= 1e9) return `${(bits / 1e9).toFixed(2)} Gbit/s`;
  if (bits >= 1e6) return `${(bits / 1e6).toFixed(1)} Mbit/s`;
  return `${(bits / 1e3).toFixed(1)} kbit/s`;
}
