import { afterAll, expect } from "vitest";

export type Precision = "float64" | "float32";

/** Remembers the largest difference, relative to what is expected where that exceeds 1, and prints it at the end. */
export function meterOf(file: string, cases: number) {
  const largest = { float64: 0, float32: 0 };
  afterAll(() => {
    const errors = `${largest.float64.toExponential(1)} (float64 columns), ${largest.float32.toExponential(1)} (float32 columns, with their own rounding)`;
    console.log(`${file}: ${cases} cases, largest error ${errors}`);
  });
  return (precision: Precision, got: number, want: number, tolerance: number) => {
    const error = Math.abs(got - want) / Math.max(1, Math.abs(want));
    largest[precision] = Math.max(largest[precision], error);
    expect(error, `${got} instead of ${want}`).toBeLessThanOrEqual(tolerance);
  };
}
