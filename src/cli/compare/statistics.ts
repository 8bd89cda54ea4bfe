/** Mean and spread of a quantity over seeds. */
export interface Summary {
  count: number;
  mean: number;
  /** Sample standard deviation (n - 1); null for one value. */
  deviation: number | null;
}

/** Differences of one arm from another, seed by seed, where both have a value. */
export interface PairedDifference extends Summary {
  /** Half the width of the 95% confidence interval of the mean, by Student's t; null for one pair. */
  halfWidth: number | null;
  /** Seeds on which it is higher, and lower. */
  higher: number;
  lower: number;
}

/** null without a value. */
export function summarize(values: readonly number[]): Summary | null {
  const count = values.length;
  if (count === 0) {
    return null;
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count, mean, deviation: count === 1 ? null : Math.sqrt(squares / (count - 1)) };
}

/** `values` minus `others`, by their seeds; null without a common seed. */
export function pairedDifference(
  values: ReadonlyMap<number, number>,
  others: ReadonlyMap<number, number>,
): PairedDifference | null {
  const differences = [...values].flatMap(([seed, value]) => {
    const other = others.get(seed);
    return other === undefined ? [] : [value - other];
  });
  const summary = summarize(differences);
  if (summary === null) {
    return null;
  }
  const { count, deviation } = summary;
  return {
    ...summary,
    halfWidth: deviation === null ? null : (studentQuantile(count - 1) * deviation) / Math.sqrt(count),
    higher: differences.filter((difference) => difference > 0).length,
    lower: differences.filter((difference) => difference < 0).length,
  };
}

/** 0.975 quantile of Student's t with 1 to 10 degrees of freedom. */
const quantiles = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281];

/** Beyond the table by the expansion in 1 / n (Abramowitz and Stegun 26.7.5), which is right to 3 decimals there. */
export function studentQuantile(degrees: number): number {
  const z = 1.959964;
  return (
    quantiles[degrees - 1] ??
    z +
      (z ** 3 + z) / (4 * degrees) +
      (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) +
      (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3)
  );
}
