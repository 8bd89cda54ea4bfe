/** Largest difference between two arrays, in units of the larger of `floor` and the largest expected magnitude. */
export function relativeError(
  actual: readonly number[],
  expected: readonly number[],
  floor = Number.MIN_VALUE,
): number {
  if (actual.length !== expected.length) {
    return Number.POSITIVE_INFINITY;
  }
  const scale = Math.max(floor, ...expected.map(Math.abs));
  // A NaN on either side counts as infinitely far.
  return Math.max(
    0,
    ...actual.map((value, index) => {
      const difference = Math.abs(value - expected[index]) / scale;
      return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    }),
  );
}
