import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom } from "../random.ts";
import { readBfloat16, writeBfloat16 } from "./bfloat16.ts";
import { dynamicMap } from "./dynamic-map.ts";
import { blockSize, createFloatBlock } from "./float-block.ts";
import {
  createMoment,
  type Moment,
  momentBytes,
  readMoment,
  statePrecisions,
  writeMoment,
} from "./moment.ts";

const block = createFloatBlock();

function stored(moment: Moment, values: Float32Array, seed = 0): Float32Array {
  const result = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += blockSize) {
    const part = values.subarray(start, start + blockSize);
    block.values.set(part);
    writeMoment(moment, start, part.length, block, seed);
    block.values.fill(Number.NaN);
    readMoment(moment, start, part.length, block);
    result.set(block.values.subarray(0, part.length), start);
  }
  return result;
}

function allBytes(moment: Moment): number {
  return "codes" in moment ? moment.codes.byteLength + moment.scales.byteLength : moment.byteLength;
}

describe.each(statePrecisions)("%s", (precision) => {
  test.each([true, false])(
    "a new moment is zero and takes the bytes that were foretold (signed: %s)",
    (signed) => {
      for (const size of [1, 255, 4095, 4096, 5000]) {
        const moment = createMoment(size, precision, { signed });
        expect(allBytes(moment)).toBe(momentBytes(size, precision));
        for (let start = 0; start < size; start += blockSize) {
          const count = Math.min(blockSize, size - start);
          readMoment(moment, start, count, block);
          expect(block.values.subarray(0, count).every((value) => value === 0)).toBe(true);
        }
      }
    },
  );

  test("a block is written without touching its neighbours, the last one may be short", () => {
    const size = 4096 + 77;
    const random = createRandom(1);
    const moment = createMoment(size, precision, { signed: true });
    const before = stored(moment, Float32Array.from({ length: size }, random.normal), 3);
    block.values.fill(5);
    writeMoment(moment, 4096, 77, block, 4);
    const after = new Float32Array(size);
    for (let start = 0; start < size; start += blockSize) {
      const count = Math.min(blockSize, size - start);
      readMoment(moment, start, count, block);
      after.set(block.values.subarray(0, count), start);
    }
    expect(after.subarray(0, 4096)).toEqual(before.subarray(0, 4096));
    expect(after.subarray(4096)).toEqual(new Float32Array(77).fill(5));
  });
});

test("8 bits are kept for large parameters only", () => {
  expect(createMoment(4095, "int8", { signed: true })).toBeInstanceOf(Float32Array);
  expect(createMoment(4096, "int8", { signed: true })).not.toBeInstanceOf(Float32Array);
});

describe("stochastic rounding to bfloat16", () => {
  test("gives a neighbour of the value, and the value itself where it is one", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.integer(), (value, seed) => {
        const [kept] = stored(new Uint16Array(1), Float32Array.of(value), seed);
        const bits = new Int32Array(Float32Array.of(value).buffer)[0];
        const keptBits = new Int32Array(Float32Array.of(kept).buffer)[0];
        const truncated = bits & 0xffff0000;
        expect(Number.isFinite(kept)).toBe(true);
        expect(bits === truncated ? [bits] : [truncated, (truncated + 0x10000) | 0]).toContain(keptBits);
      }),
    );
  });

  test("is unbiased: the mean over many positions comes to the value", () => {
    const count = 1 << 16;
    for (const value of [1.001, -1.001, 3.3e-8, -0.77, 1 + 1 / 256]) {
      const kept = stored(new Uint16Array(count), new Float32Array(count).fill(value), 11);
      const mean = kept.reduce((sum, one) => sum + one, 0) / count;
      const step = Math.max(...kept) - Math.min(...kept);
      expect(step).toBeGreaterThan(0);
      // The mean's standard deviation is at most half a step by the root of the count.
      expect(Math.abs(mean - Math.fround(value))).toBeLessThan((4 * 0.5 * step) / Math.sqrt(count));
    }
  });

  test("seeds and positions decide alone, and no two seeds round alike", () => {
    const values = new Float32Array(512).fill(1.001);
    const whole = stored(new Uint16Array(512), values, 5);
    const backwards = new Uint16Array(512);
    for (const start of [256, 0]) {
      block.values.set(values.subarray(start, start + 256));
      writeBfloat16(backwards, start, 256, block, 5);
    }
    const again = new Float32Array(512);
    for (const start of [0, 256]) {
      readBfloat16(backwards, start, 256, block);
      again.set(block.values, start);
    }
    expect(again).toEqual(whole);
    expect(stored(new Uint16Array(512), values, 6)).not.toEqual(whole);
  });

  test("what is not finite stays so", () => {
    const values = Float32Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN);
    expect(stored(new Uint16Array(3), values, 1)).toEqual(values);
  });
});

describe("blocks of 8 bits", () => {
  test("the maps have the values of bitsandbytes", () => {
    const signed = [...dynamicMap(true).values];
    const unsigned = [...dynamicMap(false).values];
    const close = (values: number[], expected: number[]) =>
      expected.forEach((value, i) => {
        expect(values[i]).toBeCloseTo(value, 12 - Math.ceil(Math.log10(Math.abs(value) + 1e-12)) - 6);
      });
    close(signed.slice(0, 3), [-0.9929687976837158, -0.9789062738418579, -0.96484375]);
    close(signed.slice(-3), [0.9789062738418579, 0.9929687976837158, 1]);
    close(signed.slice(126, 129), [-5.5e-7, 0, 5.5e-7]);
    close(unsigned.slice(0, 4), [0, 3.25e-7, 7.75e-7, 2.125e-6]);
    close(unsigned.slice(-3), [0.9894531965255737, 0.9964843988418579, 1]);
    for (const values of [signed, unsigned]) {
      expect(new Set(values).size).toBe(256);
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    }
  });

  const shares = fc.oneof(
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.double({ min: -7, max: 0, noNaN: true }).map((exponent) => 10 ** exponent),
    fc.double({ min: -7, max: 0, noNaN: true }).map((exponent) => -(10 ** exponent)),
  );

  test.each([true, false])("every value becomes the nearest of the map's (signed: %s)", (signed) => {
    const { values: map } = dynamicMap(signed);
    fc.assert(
      fc.property(
        fc.array(shares, { minLength: 1, maxLength: 255 }),
        fc.double({ min: -20, max: 20, noNaN: true }),
        (some, exponent) => {
          const scale = Math.fround(10 ** exponent);
          const values = Float32Array.from([1, ...some], (x) => scale * (signed ? x : Math.abs(x)));
          const moment = { signed, codes: new Uint8Array(values.length), scales: new Float32Array(1) };
          const kept = stored(moment, values);
          expect(moment.scales[0]).toBe(scale);
          kept.forEach((value, i) => {
            const share = values[i] / scale;
            const gaps = Array.from(map, (entry) => Math.abs(entry - share));
            const nearest = Math.min(...gaps);
            // Below half of the least entry a second moment is rounded up, so that it never vanishes.
            const bound = !signed && share < map[1] ? map[1] : nearest;
            expect(Math.abs(value / scale - share)).toBeLessThanOrEqual(
              bound * (1 + 1e-5) + 1e-7 * Math.abs(share),
            );
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a second moment vanishes only where it is 0", () => {
    const moment = { signed: false, codes: new Uint8Array(3), scales: new Float32Array(1) };
    const [, tiny, zero] = stored(moment, Float32Array.of(1, 1e-12, 0));
    expect(tiny).toBeGreaterThan(0);
    expect(zero).toBe(0);
  });

  test("a block of zeros, and one of the least float32, come back", () => {
    const moment = () => ({ signed: true, codes: new Uint8Array(2), scales: new Float32Array(1) });
    expect(stored(moment(), new Float32Array(2))).toEqual(new Float32Array(2));
    const least = Float32Array.of(2 ** -149, 0);
    expect(stored(moment(), least)).toEqual(least);
  });
});
