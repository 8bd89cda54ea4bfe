import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalizeNumber } from "./normalize-number.ts";

describe("normalizeNumber", () => {
  it.each([
    ["42", "42"],
    [" +42. ", "42"],
    ["0042", "42"],
    ["1,234,567.50", "1234567.5"],
    ["1 234", "1234"],
    ["-0.0", "0"],
    [".5", "0.5"],
    ["$1,080", "1080"],
    ["-$5", "-5"],
    ["$-5", "-5"],
    ["\\$5", "5"],
    ["$5$", "5"],
    ["5 €", "5"],
    ["−3", "-3"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
  ])("reads %j as %s", (text, number) => {
    expect(normalizeNumber(text)).toBe(number);
  });

  it.each([
    "",
    ".",
    "-",
    "$",
    "--5",
    "-$-5",
    "1,23",
    "12,34,567",
    "1.2.3",
    "1/2",
    "5x",
    "50%",
    "1e3",
    "٣",
    "five",
  ])("does not take %j for a number", (text) => {
    expect(normalizeNumber(text)).toBeUndefined();
  });

  it("gives every way to write one number the same form, and changes nothing the second time", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat({ max: 3 }), (value, zeros) => {
        const grouped = value.toLocaleString("en-US");
        const tail = zeros === 0 ? "" : `.${"0".repeat(zeros)}`;
        for (const text of [
          String(value),
          grouped,
          ` ${grouped}${tail} `,
          `${grouped}.`,
          `${value}${tail}`,
        ]) {
          expect(normalizeNumber(text)).toBe(String(value));
        }
      }),
    );
  });

  it("keeps different numbers apart", () => {
    const decimal = fc.tuple(fc.integer(), fc.nat({ max: 999 })).map(([whole, part]) => `${whole}.${part}`);
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        expect(normalizeNumber(a) === normalizeNumber(b)).toBe(Number(a) === Number(b));
      }),
    );
  });
});
