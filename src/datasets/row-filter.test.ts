import { describe, expect, test } from "vitest";
import { createRowFilter, rowCondition } from "./row-filter.ts";

const passes = (condition: object, columns: Record<string, unknown>) =>
  createRowFilter([rowCondition.parse(condition)])(columns);

describe("a condition", () => {
  test.each<[object, Record<string, unknown>, boolean]>([
    [{ column: "a", equals: 1 }, { a: 1 }, true],
    [{ column: "a", equals: 1 }, { a: "1" }, true],
    [{ column: "a", equals: "1" }, { a: 1 }, false],
    [{ column: "a", equals: null }, { a: null }, true],
    [{ column: "a", equals: null }, { a: "null" }, false],
    [{ column: "a", in: ["x", 2] }, { a: "2" }, true],
    [{ column: "a", in: ["x", 2] }, { a: "y" }, false],
    [{ column: "a", matches: "^b+$" }, { a: "bb" }, true],
    [{ column: "a", matches: "b" }, { a: "abc" }, true],
    [{ column: "a", matches: "b" }, { a: ["b"] }, false],
    [{ column: "a", min: 2, max: 3 }, { a: 3 }, true],
    [{ column: "a", min: 2, max: 3 }, { a: "2.5" }, true],
    [{ column: "a", min: 2 }, { a: "" }, false],
    [{ column: "a", min: 2 }, { a: null }, false],
    [{ column: "a", max: 2 }, { a: 3 }, false],
    [{ column: "a", equals: 1, not: true }, { a: 2 }, true],
    [{ column: "a", equals: 1, not: true }, {}, true],
    [{ column: "a", equals: 1 }, {}, false],
    [{ column: "a.b", equals: 1 }, { a: { b: 1 } }, true],
    [{ column: "a.b", equals: 1 }, { "a.b": 1, a: { b: 2 } }, true],
    [{ column: "constructor", matches: "." }, {}, false],
  ])("%j on %j: %s", (condition, columns, result) => {
    expect(passes(condition, columns)).toBe(result);
  });

  test.each([
    [{ column: "a" }, "it needs one of equals"],
    [{ column: "a", matches: "(" }, "it has to be a regular expression"],
    [{ column: "a", equal: 1 }, "Unrecognized key"],
  ])("%j is refused", (condition, words) => {
    expect(() => rowCondition.parse(condition)).toThrow(words);
  });

  test("all of several have to hold", () => {
    const filter = createRowFilter(
      [
        { column: "a", min: 1 },
        { column: "b", equals: "x" },
      ].map((c) => rowCondition.parse(c)),
    );
    expect([filter({ a: 1, b: "x" }), filter({ a: 1, b: "y" }), filter({ a: 0, b: "x" })]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
