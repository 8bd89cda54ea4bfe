import { expect, test } from "vitest";
import { rotaryFrequencies } from "./rotary-frequencies.ts";

const scaling = { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 8192 };

test("frequencies fall from one radian a position by equal ratios", () => {
  const frequencies = rotaryFrequencies({ theta: 10_000, scaling: null }, 8);
  expect(frequencies.map(Math.fround)).toEqual(frequencies);
  [1, 0.1, 0.01, 0.001].forEach((wanted, pair) => {
    expect(frequencies[pair]).toBeCloseTo(wanted, 8);
  });
});

test("Llama 3 keeps short waves, stretches long ones by the factor and goes from one to the other between", () => {
  const plain = rotaryFrequencies({ theta: 500_000, scaling: null }, 128);
  const scaled = rotaryFrequencies({ theta: 500_000, scaling }, 128);
  const turns = plain.map((frequency) => (8192 * frequency) / (2 * Math.PI));
  const stretches = plain.map((frequency, pair) => frequency / scaled[pair]);
  const between = turns.filter((count) => count >= 1 && count <= 4).length;
  expect(between).toBeGreaterThan(3);
  turns.forEach((count, pair) => {
    const kept = Math.min(1, Math.max(0, (count - 1) / 3));
    expect(stretches[pair]).toBeCloseTo(1 / ((1 - kept) / 8 + kept), 4);
  });
});
