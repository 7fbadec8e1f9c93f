// The words of a script's line: what every reader of lines takes them apart with.

import { type Cidr, parseCidr, parseMac } from "../../../host/core/address.ts";
import { isAddress } from "../addresses.ts";

/** Says what is wrong with a line. */
export type Fail = (sentence: string) => never;

/** A line about a packet: words, what stands between < and >, and what stands between { and }. */
export interface Line {
  words: string[];
  options: string | undefined;
  extensions: string | undefined;
}

export function splitLine(text: string): Line {
  const words = text.replace(/<[^>]*>|\{[^}]*\}/g, " ").split(/\s+/);
  return {
    words: words.filter((word) => word !== ""),
    options: /<([^>]*)>/.exec(text)?.[1],
    extensions: /\{([^}]*)\}/.exec(text)?.[1],
  };
}

/** The items of a list in brackets, each as its words. */
export function listItems(text: string): string[][] {
  const items = text.split(",").map((item) => item.trim());
  return items.filter((item) => item !== "").map((item) => item.split(/\s+/));
}

export function oneOf<T extends string>(value: string, allowed: readonly T[], fail: Fail): T {
  return allowed.find((name) => name === value) ?? fail(`${value} is none of ${allowed.join(", ")}`);
}

export function integer(text: string | undefined, fail: Fail): number {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : fail(`${text ?? "nothing"} is not a whole number`);
}

export function bytes(words: readonly string[], fail: Fail): number[] {
  return words.map((word) => {
    const value = integer(word, fail);
    return value >= 0 && value <= 255 ? value : fail(`${word} is not a byte`);
  });
}

/** Seconds, as they are written, in milliseconds. */
export function milliseconds(text: string | undefined, fail: Fail): number {
  return /^\d*\.?\d+$/.test(text ?? "") ? Math.round(Number(text) * 1000) : fail(`${text ?? "nothing"} is not a time`);
}

/** A name of an address, or one written out; which version it must be of is known when the script is played. */
export function address(text: string | undefined, fail: Fail): string {
  if (text !== undefined && isAddress(text)) return text;
  return fail(`${text ?? "nothing"} is neither an address nor the name of one; there are us, peer, any, all-nodes, …`);
}

export function ethernetAddress(text: string | undefined, fail: Fail): Uint8Array {
  return told(() => parseMac(text ?? ""), fail);
}

export function prefix(text: string | undefined, fail: Fail): Cidr {
  return told(() => parseCidr(text ?? ""), fail);
}

/** A prefix that is kept as it is written, once it is known to be one. */
export function prefixText(text: string, fail: Fail): string {
  prefix(text, fail);
  return text;
}

// What the parser of the host complains of is what the line is told.
function told<T>(parse: () => T, fail: Fail): T {
  try {
    return parse();
  } catch (error) {
    return fail((error as Error).message);
  }
}
