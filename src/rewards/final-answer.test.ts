import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extractFinalAnswer } from "./final-answer.ts";

describe("extractFinalAnswer", () => {
  it.each([
    ["<think>\\boxed{1}</think><answer> 42 </answer>", "42"],
    ["<answer>1</answer> wait <answer>2</answer>", "2"],
    ["<answer>1</answer> wait <answer>2", "1"],
    ["<answer>5</answer> junk </answer>", "5"],
    ["<answer>1 <answer>2</answer>", "2"],
    ["<answer></answer> \\boxed{3}", ""],
    ["<answer>It is \\boxed{7}.</answer>", "7"],
    ["<answer>work\n#### 7</answer>", "7"],
    ["so \\boxed{1} and \\boxed{\\frac{1}{2}} #### 3", "\\frac{1}{2}"],
    ["\\boxed{\\boxed{5}}", "5"],
    ["set {1, 2 gives \\boxed{5}", "5"],
    ["\\boxed{4} or \\boxed{5", "4"],
    ["\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"],
    ["5 + 5 = 10\n#### 1,080", "1,080"],
    ["#### 12\n#### Checking the result", "12"],
    ["The answer is 3. No, the final answer is: **$1,234.50**.", "1,234.50"],
    ["The answer is -7", "-7"],
    ["the answer is 5, which is odd", "5"],
  ])("finds in %j", (text, answer) => {
    expect(extractFinalAnswer(text)).toBe(answer);
  });

  it.each([
    "",
    "42",
    "</answer>42<answer>",
    "the answer is 1/2",
    "the answer is 5x",
    "the answer is unknown",
    "#### Step one",
    "\\boxed{5",
  ])("finds none in %j", (text) => {
    expect(extractFinalAnswer(text)).toBeUndefined();
  });

  it("finds the tagged answer behind any text without tags", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), (text, answer) => {
        expect(extractFinalAnswer(`${text}<answer>${answer}</answer>`)).toBe(String(answer));
      }),
    );
  });

  it.each([
    "<answer>",
    "</answer>",
    "\\boxed{",
    "{",
    "}",
    "####",
    "####\n",
    "the answer is ",
    " ",
    "\n",
    "0",
    "1,111",
    "$",
    "- ",
  ])("reads a megabyte of %j through", (unit) => {
    const text = unit.repeat(1_000_000 / unit.length);
    expect(extractFinalAnswer(`${text}\n<answer>5</answer>`)).toBe("5");
    expect(extractFinalAnswer(`${text}<answer>${text}</answer>`)).toBeDefined();
    expect(extractFinalAnswer(`the answer is ${text}`)?.length ?? 0).toBeLessThanOrEqual(text.length);
    expect(extractFinalAnswer(`\\boxed{${text}`)?.length ?? 0).toBeLessThanOrEqual(text.length);
  });
});
