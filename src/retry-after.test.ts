import { expect, test } from "vitest";
import { retryAfter } from "./retry-after.ts";

const asked = (value?: string) =>
  retryAfter(new Response("", value === undefined ? {} : { headers: { "Retry-After": value } }));

test.each([
  ["0", 0],
  [" 12 ", 12],
  ["1.5", 1.5],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["soon", undefined],
  ["-3x", undefined],
  ["", undefined],
  [undefined, undefined],
])("Retry-After %j is %j seconds", (value, seconds) => {
  expect(asked(value)).toBe(seconds);
});

test("a date to come is as far away as it is", () => {
  const seconds = asked(new Date(Date.now() + 3_600_000).toUTCString())!;
  expect(seconds).toBeGreaterThan(3000);
  expect(seconds).toBeLessThanOrEqual(3600);
});
