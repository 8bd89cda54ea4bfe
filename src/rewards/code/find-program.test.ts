import { expect, test } from "vitest";
import { findProgram } from "./find-program.ts";

const block = (word: string, text: string) => `\`\`\`${word}\n${text}\n\`\`\`\n`;

test("finds the last block behind the thought, in any spelling of its language", () => {
  const text = `<think>\n${block("python", "a")}</think>\n${block("python", "b")}${block("python", "c")}`;
  expect(findProgram(text, "python", undefined)).toBe("c\n");
  expect(findProgram(block("py", "a"), "python", undefined)).toBe("a\n");
  expect(findProgram(block("ts", "a"), "typescript", undefined)).toBe("a\n");
  expect(findProgram(block("ts", "a"), "javascript", undefined)).toBeNull();
  expect(findProgram(`<think>\n${block("python", "a")}</think>\nnone`, "python", undefined)).toBeNull();
  expect(findProgram("```python\nopen", "python", undefined)).toBeNull();
});

test("upstream looks everywhere, in one spelling, and takes none for an empty program", () => {
  expect(findProgram(`${block("python", "a")}</think>`, "python", "upstream")).toBe("a\n");
  expect(findProgram(block("py", "a"), "python", "upstream")).toBe("");
});
