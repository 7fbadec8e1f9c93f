// Quantities as people type them: 20ms, 10Mbit, 3%.

import { InputError } from "../errors.ts";

const MICROS: Record<string, number> = { us: 1, µs: 1, μs: 1, ms: 1e3, s: 1e6 };
const BITS: Record<string, number> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 };

/** Microseconds of "20ms", "5us" or "1s". Throws InputError ERR_UNIT, as do the others. */
export function parseDuration(text: string): number {
  return quantity(text, MICROS) ?? refuse(text, "a time such as 20ms, 5us or 1s");
}

/** Bits per second of "10Mbit", "1.5Gbit" or "64kbit". */
export function parseRate(text: string): number {
  return quantity(text, BITS) || refuse(text, "a rate above 0 such as 10Mbit, 1Gbit or 64kbit");
}

/** 0 to 1 of "3%" or "0.03". */
export function parseProbability(text: string): number {
  const match = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text);
  const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === "%" ? 100 : 1);
  return value <= 1 ? value : refuse(text, "a probability such as 3% or 0.03");
}

/** A whole number that is not negative. */
export function parseCount(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : refuse(text, "a whole number such as 7");
}

function quantity(text: string, units: Record<string, number>): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)([a-zµμ]+)$/i.exec(text);
  const unit = match === null ? undefined : units[match[2].toLowerCase()];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

function refuse(text: string, wanted: string): never {
  throw new InputError("ERR_UNIT", `"${text}" is not ${wanted}.`);
}
