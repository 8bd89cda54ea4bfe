import { describe, expect, it } from "vitest";
import { earned } from "../../test/support/reward-context.ts";
import { lastCodeBlock } from "./code-block.ts";

describe("tag_count", () => {
  const whole = "<think>\na\n</think>\n<answer>\n1\n</answer>";

  it.each([
    [whole, 1, 1],
    ["<think>\na\n</think>\n", 0.5, 1],
    ["", 0, 0],
    ["<think>a</think><answer>1</answer>", 0, 0],
    [`<think> ${whole}`, 0.75, 0.5],
    [`${whole}\n</answer>`, 0.75, 1],
  ])("of %j is %d; %d with two tags", async (completion, four, two) => {
    expect(await earned("tag_count", {}, "", completion)).toBe(four);
    expect(await earned("tag_count", { project: "open-rs" }, "", completion)).toBe(two);
  });

  it("does not see upstream that two tags share a line end", async () => {
    const completion = "<think>\na\n</think>\n</think>\n";
    expect(await earned("tag_count", { project: "open-rs" }, "", completion)).toBe(0.5);
    expect(await earned("tag_count", { project: "open-rs", compat: "upstream" }, "", completion)).toBe(1);
  });
});

describe("reasoning_steps", () => {
  it.each([
    ["no signs", 0, 0],
    ["Step 1: a\nStep 12: b", 2, 2],
    ["1. a\n2. b\n3. c", 3, 1],
    ["- a\n- b\n* c", 3, 2],
    ["First, a. Next, b", 2, 2],
    ["a\n-5 is negative\n1.5 is not", 0, 1],
    ["a\n---\n**bold**", 0, 2],
    ["1. a\n2. b\n3. c\n4. d", 3, 1],
  ])("of %j is %d thirds, upstream %d", async (completion, thirds, upstream) => {
    expect(await earned("reasoning_steps", {}, "", completion)).toBeCloseTo(thirds / 3, 12);
    expect(await earned("reasoning_steps", { compat: "upstream" }, "", completion)).toBeCloseTo(
      upstream / 3,
      12,
    );
  });
});

describe("code_format", () => {
  const answer = (block: string, behind = ""): string =>
    `<think>\na\n</think>\n<answer>\n${block}\n</answer>${behind}`;

  it.each<[string, string, number, number]>([
    [answer("```python\nx\n```"), "python", 1, 1],
    [answer("so\n```python\nx\n```\nand"), "python", 1, 1],
    [answer("```javascript\nx\n```"), "java", 0, 1],
    [answer("```javascript\nx\n```\n```java\ny\n```"), "java", 1, 1],
    [answer("```c++\nx\n```"), "c++", 1, 1],
    [answer("```c\nx\n```"), "c++", 0, 1],
    [answer("```python\nx"), "python", 0, 0],
    [answer("x"), "python", 0, 0],
    [answer("```python\nx\n```", "\nmore"), "python", 0, 1],
    ["```python\nx\n```", "python", 0, 0],
  ])("of %j for %s is %d, upstream %d", async (completion, language, value, upstream) => {
    expect(await earned("code_format", { language }, "", completion)).toBe(value);
    expect(await earned("code_format", { language, compat: "upstream" }, "", completion)).toBe(upstream);
  });
});

describe("lastCodeBlock", () => {
  it.each([
    ["```python\na\n```\n```python\nb\n```", "b\n"],
    ["```python\na\n```\n```python\nb", "a\n"],
    ["```js\na\n```", ""],
    ["```python\n```", ""],
    ["```python\na ```python\nb\n```", "a "],
  ])("of %j", (text, code) => {
    expect(lastCodeBlock(text, "python")).toBe(code);
  });
});
