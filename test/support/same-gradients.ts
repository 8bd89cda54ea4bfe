import { expect } from "vitest";
import type { NamedValues } from "../../src/optim/optimizer.ts";

/** The largest absolute value of any gradient. */
export function largestGradient(gradients: NamedValues): number {
  return Math.max(...Object.values(gradients).flatMap((values) => Array.from(values, Math.abs)));
}

/** Every gradient differs from the expected one by less than 1e-5 of the largest. */
export function expectSameGradients(found: NamedValues, expected: NamedValues): void {
  const tolerance = 1e-5 * largestGradient(expected);
  for (const [name, values] of Object.entries(expected)) {
    const own = found[name];
    expect(own, name).toHaveLength(values.length);
    values.forEach((value, i) => {
      expect(Math.abs(own[i] - value)).toBeLessThan(tolerance);
    });
  }
}
