import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom, hashSeed, shuffledIndices, uniform } from "./random.ts";

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function correlation(a: readonly number[], b: readonly number[]): number {
  const meanA = mean(a);
  const meanB = mean(b);
  const covariance = mean(a.map((value, index) => (value - meanA) * (b[index]! - meanB)));
  const variance = (values: readonly number[], m: number) => mean(values.map((value) => (value - m) ** 2));
  return covariance / Math.sqrt(variance(a, meanA) * variance(b, meanB));
}

describe("random numbers", () => {
  it("are the same in every version, so that a seed keeps its meaning", () => {
    expect(hashSeed(1, 2, 3)).toBe(1705108);
    expect(uniform(7, 11)).toBe(0.44988274049597954);
    expect(Array.from(shuffledIndices(8, 42, 0))).toEqual([7, 5, 1, 0, 4, 3, 6, 2]);
  });

  it("are spread evenly over sequential seeds and over positions", () => {
    const count = 20_000;
    for (const values of [
      range(count).map((seed) => createRandom(seed).next()),
      range(count).map((position) => uniform(0, position)),
    ]) {
      expect(Math.abs(mean(values) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / count));
      const bins = new Array<number>(100).fill(0);
      for (const value of values) {
        bins[Math.floor(value * 100)]!++;
      }
      const expected = count / 100;
      const chiSquare = bins.reduce((sum, bin) => sum + (bin - expected) ** 2 / expected, 0);
      expect(chiSquare).toBeGreaterThan(55);
      expect(chiSquare).toBeLessThan(160);
    }
  });

  it("do not follow those of the next seed or position", () => {
    const first = range(20_000).map((seed) => createRandom(seed).next());
    expect(Math.abs(correlation(first.slice(1), first.slice(0, -1)))).toBeLessThan(0.03);
    const stream = createRandom(3);
    const values = range(20_000).map(() => stream.next());
    expect(Math.abs(correlation(values.slice(1), values.slice(0, -1)))).toBeLessThan(0.03);
  });

  it("change about half of a hash's bits with one bit of one part", () => {
    const flips = range(2_000).map((seed) => {
      let difference = hashSeed(seed, 5) ^ hashSeed(seed ^ (1 << (seed % 12)), 5);
      let bits = 0;
      for (; difference !== 0; difference &= difference - 1) {
        bits++;
      }
      return bits;
    });
    expect(mean(flips)).toBeGreaterThan(15);
    expect(mean(flips)).toBeLessThan(17);
  });

  it("have hashes that depend on the order of the parts and differ for each last part", () => {
    expect(hashSeed(1, 2)).not.toBe(hashSeed(2, 1));
    expect(new Set(range(50_000).map((part) => hashSeed(9, part))).size).toBe(50_000);
  });

  it("stay within their bounds", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 31 }), (seed, bound) => {
        const random = createRandom(seed);
        const value = random.next();
        const whole = random.integer(bound);
        return value >= 0 && value < 1 && Number.isInteger(whole) && whole >= 0 && whole < bound;
      }),
    );
  });

  it("are standard normal on demand", () => {
    const random = createRandom(5);
    const values = range(20_000).map(() => random.normal());
    expect(Math.abs(mean(values))).toBeLessThan(0.03);
    expect(Math.abs(mean(values.map((value) => value ** 2)) - 1)).toBeLessThan(0.05);
  });
});

describe("shuffledIndices", () => {
  it("holds each index once, whatever the size and seeds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer(), fc.nat(), (size, seed, epoch) => {
        expect(Array.from(shuffledIndices(size, seed, epoch)).sort((a, b) => a - b)).toEqual(range(size));
      }),
    );
  });

  it("puts each index in each place equally often", () => {
    const counts = range(25).map(() => 0);
    for (let seed = 0; seed < 5_000; seed++) {
      shuffledIndices(5, seed).forEach((value, place) => {
        counts[value * 5 + place]!++;
      });
    }
    for (const count of counts) {
      expect(Math.abs(count - 1_000)).toBeLessThan(130);
    }
  });

  it("differs from epoch to epoch", () => {
    expect(shuffledIndices(100, 1, 0)).not.toEqual(shuffledIndices(100, 1, 1));
  });
});
