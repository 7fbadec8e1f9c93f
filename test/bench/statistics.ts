// Medians and quartiles.

/** The middle of ascending values; of an even number, the mean of the two in the middle. */
export function median(ascending: readonly number[]): number {
  return quantile(ascending, 0.5);
}

/** The value below which a share of ascending values lies, between two of them in proportion. */
export function quantile(ascending: readonly number[], share: number): number {
  const place = (ascending.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.ceil(place);
  return ascending[below] + (ascending[above] - ascending[below]) * (place - below);
}

export interface Spread {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly least: number;
  readonly most: number;
}

/** Of values in any order, at least one. */
export function spreadOf(values: readonly number[]): Spread {
  const ascending = [...values].sort((a, b) => a - b);
  return {
    median: median(ascending),
    lowerQuartile: quantile(ascending, 0.25),
    upperQuartile: quantile(ascending, 0.75),
    least: ascending[0],
    most: ascending[ascending.length - 1],
  };
}
