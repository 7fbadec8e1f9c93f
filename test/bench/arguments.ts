// What the benchmark's commands take: numbers and lists of them, checked.

import { InvalidArgumentError } from "commander";

/** A whole number in that range. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`A number from ${least} to ${most} is wanted.`);
  };
}

/** Whole numbers and ranges of them, as in "1-9" or "3,7-9", each once, in the order in which they were named. */
export function wholeNumbers(least: number, most: number): (text: string) => number[] {
  const refuse = (): never => {
    throw new InvalidArgumentError(
      `Numbers from ${least} to ${most} are wanted, as in ${least}-${least + 2},${least + 4}.`,
    );
  };
  return (text) => {
    const numbers = new Set<number>();
    for (const part of text.split(",")) {
      const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? refuse();
      if (Number(first) < least || Number(last) > most || Number(first) > Number(last)) refuse();
      for (let number = Number(first); number <= Number(last); number++) numbers.add(number);
    }
    return [...numbers];
  };
}

/** Shares of a whole in percent, as in "0,1,2.5": as numbers from 0 to below 1. */
export function percentages(text: string): number[] {
  const shares = text
    .split(",")
    .map((part) => (/^(\d+\.?\d*|\.\d+)%?$/.test(part) ? Number.parseFloat(part) / 100 : 1));
  if (shares.every((share) => share < 1)) return [...new Set(shares)];
  throw new InvalidArgumentError("Percentages below 100 are wanted, as in 0,1,5.");
}

/** Some of the names in a list. */
export function someOf(names: readonly string[]): (text: string) => string[] {
  return (text) => {
    const wanted = text.split(",");
    if (wanted.every((name) => names.includes(name))) return [...new Set(wanted)];
    throw new InvalidArgumentError(`There are ${names.join(", ")}.`);
  };
}
