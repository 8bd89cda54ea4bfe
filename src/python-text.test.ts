import fc from "fast-check";
import { expect, it } from "vitest";
import { asciiDigits, codePointCount, splitWords, strip } from "./python-text.ts";

it("splits and strips by Python's white space", () => {
  expect(splitWords("\ufeffa\x1cb\x85c\u3000d\u200be ")).toEqual(["\ufeffa", "b", "c", "d\u200be"]);
  expect(strip("\x1f\ufeff a\u2028")).toBe("\ufeff a");
});

it("counts code points as Python does", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(20), (text, cut) => {
      const part = text.slice(cut);
      expect(codePointCount(part)).toBe([...part].length);
    }),
  );
});

it("reads the digits of any script", () => {
  expect(asciiDigits("٣ x １００ 𝟘𝟙𝟡𝟎𝟿 7")).toBe("3 x 100 01909 7");
});
