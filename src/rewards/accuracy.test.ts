import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAccuracyReward } from "./accuracy.ts";

const reward = createAccuracyReward({ compat: undefined, project: "open-r1" });

function score(answer: string, completion: string) {
  const problem = { id: "x", prompt: "", answer, columns: {} };
  return reward.score({ problem, completion, completionTokens: 1, finishReason: "stop" });
}

describe("accuracy", () => {
  it.each([
    ["42", "<answer>42</answer>", 1],
    ["42", "<answer>43</answer>", 0],
    ["1080", "<answer>$1,080.00</answer>", 1],
    ["1,080", "\\boxed{1080}", 1],
    ["steps\n#### 72", "#### 72", 1],
    ["\\boxed{\\frac{1}{2}}", "<answer>\\frac{1}{2}</answer>", 1],
    ["\\frac{1}{2}", "<answer>1/2</answer>", 0],
    ["blue", "<answer> blue </answer>", 1],
    ["blue", "<answer>Blue</answer>", 0],
    ["42", "42", 0],
    ["42", "", 0],
    ["42", "<answer></answer>", 0],
    ["42", "<answer>4", 0],
    ["1", "the answer is 1/2", 0],
  ])("of gold %j for %j is %d", (gold, completion, value) => {
    expect(score(gold, completion)).toEqual({ kind: "value", value });
  });

  it.each(["", "  ", "?", "$$", "####", "\\boxed{}", "\\boxed{5", "<answer></answer>", "<answer>5"])(
    "never scores against the unusable gold %j",
    (gold) => {
      for (const completion of [
        gold,
        `<answer>${gold}</answer>`,
        "<answer></answer>",
        "",
        "<answer>5</answer>",
      ]) {
        expect(score(gold, completion)).toMatchObject({
          kind: "unscorable",
          reason: expect.stringMatching(/./),
        });
      }
    },
  );

  it("pays for no answer that is empty, whatever the gold", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("", "<answer></answer>", "\\boxed{}"), (gold, completion) => {
        expect(score(gold, completion)).not.toMatchObject({ value: 1 });
      }),
    );
  });

  it("pays for two numbers exactly if they are equal", () => {
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 }), (a, b) => {
        expect(score(String(a), `<answer>${b}.0</answer>`)).toEqual({
          kind: "value",
          value: a === b ? 1 : 0,
        });
      }),
    );
  });
});
