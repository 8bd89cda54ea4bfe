import { expect, test } from "vitest";
import { outputsAgree } from "./compare-output.ts";

test.each([
  ["1\n2\n", "1\n2", true],
  ["  1 \r\n2\r\n", "1\n2\n\n", true],
  ["1 2", "1  2", false],
  ["1\n\n2", "1\n2", false],
  ["1.0", "1", false],
  ["a", "A", false],
  ["", "\n", true],
])("%j and %j agree: %j, upstream and by default", (printed, expected, agree) => {
  expect(outputsAgree(printed, expected, undefined)).toBe(agree);
  expect(outputsAgree(printed, expected, "upstream")).toBe(agree);
});

test.each([
  ["1", "1\n2"],
  ["1\n2", "1"],
  ["", "\n1"],
])("upstream compares only the lines that both have: %j and %j", (printed, expected) => {
  expect(outputsAgree(printed, expected, undefined)).toBe(false);
  expect(outputsAgree(printed, expected, "upstream")).toBe(true);
});
