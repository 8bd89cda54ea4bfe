import { expect, it } from "vitest";
import { formatTime } from "./globals.ts";
import { TemplateError } from "./template-error.ts";

it("writes times as Python's strftime does in the C locale", () => {
  const time = new Date(2024, 1, 29, 0, 5, 9);
  expect(formatTime(time, "%d %b %Y, %A %-d. %B %y")).toBe("29 Feb 2024, Thursday 29. February 24");
  expect(formatTime(time, "%Y-%m-%d %H:%M:%S %I %p %j %a %%")).toBe("2024-02-29 00:05:09 12 AM 060 Thu %");
  expect(formatTime(new Date(2025, 11, 31, 13), "%-m/%-d %-I %p %j")).toBe("12/31 1 PM 365");
  expect(() => formatTime(time, "%Q")).toThrow(TemplateError);
});
