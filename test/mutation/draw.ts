// Which mutants are tried: as many as are wanted, spread over the files in proportion to the places that can change,
// in an order that follows from a seed alone.

import { Random } from "../../host/random.ts";
import type { Mutant } from "./mutants.ts";

/** The draw of one file. Those that turn out to be no mutants at all are replaced by the next in its order. */
interface Lot {
  file: string;
  wanted: number;
  order: Mutant[];
}

export class Draw {
  readonly #lots: ReadonlyMap<string, Lot>;
  readonly seed: number;

  /** `mutants` of any number of files; `wanted` of them are drawn, or all when there are fewer. */
  constructor(mutants: readonly Mutant[], wanted: number, seed: number) {
    this.seed = seed;
    const random = new Random(seed, 11);
    const files = [...grouped(mutants, ({ file }) => file)];
    const places = files.map(([, own]) => new Set(own.map(({ start }) => start)).size);
    const sizes = files.map(([, own]) => own.length);
    const shares = apportion(wanted, places, sizes);
    this.#lots = new Map(
      files.map(([file, own], i) => [file, { file, wanted: shares[i] ?? 0, order: shuffled(own, random) }]),
    );
  }

  /** The first to be tried, file by file in the order of their text. */
  first(): Mutant[] {
    return [...this.#lots.values()].flatMap((lot) => {
      const taken = lot.order.splice(0, lot.wanted);
      return taken.sort((a, b) => a.start - b.start);
    });
  }

  /** What is tried in place of one of `file` that was no mutant; undefined when the file has no more. */
  another(file: string): Mutant | undefined {
    return this.#lots.get(file)?.order.shift();
  }
}

/**
 * Divides `wanted` in proportion to `weights`, at least one each where that is possible and never more than `most`.
 * What is left after rounding down goes to the largest remainders.
 */
export function apportion(wanted: number, weights: readonly number[], most: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const exact = weights.map((weight) => (total === 0 ? 0 : (wanted * weight) / total));
  const shares = exact.map((share, i) => Math.min(Math.max(Math.floor(share), 1), most[i] ?? 0));
  const byNeed = weights.map((_, i) => i);
  const excess = (i: number): number => (exact[i] ?? 0) - (shares[i] ?? 0);
  let left = wanted - shares.reduce((sum, share) => sum + share, 0);
  while (left !== 0) {
    const step = Math.sign(left);
    const able = byNeed.filter((i) => (step > 0 ? (shares[i] ?? 0) < (most[i] ?? 0) : (shares[i] ?? 0) > 0));
    const [neediest] = able.sort((a, b) => step * (excess(b) - excess(a)));
    if (neediest === undefined) break;
    shares[neediest] = (shares[neediest] ?? 0) + step;
    left -= step;
  }
  return shares;
}

// Every place has its turn before any has a second one, and each offers its kinds of change in an order of its own.
function shuffled(mutants: readonly Mutant[], random: Random): Mutant[] {
  const places = [...grouped(mutants, ({ start }) => start).values()].map((own) => shuffle(own, random));
  const order: Mutant[] = [];
  for (let turn = 0; places.some((own) => turn < own.length); turn++) {
    const due = places.filter((own) => turn < own.length);
    order.push(...shuffle(due, random).map((own) => own[turn] as Mutant));
  }
  return order;
}

/** A copy in random order (Fisher and Yates). */
function shuffle<T>(items: readonly T[], random: Random): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
  }
  return copy;
}

/** Items by key; keys and items in the order in which they come. */
function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
