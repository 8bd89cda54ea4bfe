import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFormatReward, formatParameters } from "./format.ts";

const reward = createFormatReward(formatParameters.parse({}));

function score(completion: string) {
  const problem = { id: "x", prompt: "", answer: "1", columns: {} };
  return reward.score({ problem, completion, completionTokens: 1, finishReason: "stop" });
}

describe("format", () => {
  it.each([
    "<think>a</think><answer>1</answer>",
    "<think></think><answer></answer>",
    " <think>\na\n</think>\n\n<answer>\n1\n</answer>\n",
  ])("accepts %j", (completion) => {
    expect(score(completion)).toEqual({ kind: "value", value: 1 });
  });

  it.each([
    "",
    "<think>a</think>",
    "<answer>1</answer>",
    "<answer>1</answer><think>a</think>",
    "<think>a<answer>1</answer></think>",
    "<think>a</think><answer>1",
    "<think>a</think><answer>1</answer> more",
    "so <think>a</think><answer>1</answer>",
    "<think>a</think> so <answer>1</answer>",
    "<think>a</think><answer>1</answer><answer>2</answer>",
    "<think><think>a</think><answer>1</answer>",
    "<think>a</think></think><answer>1</answer>",
    "<Think>a</Think><answer>1</answer>",
  ])("refuses %j", (completion) => {
    expect(score(completion)).toEqual({ kind: "value", value: 0 });
  });

  it("does not look at what the parts hold", () => {
    const text = fc.string().filter((value) => !value.includes("<"));
    fc.assert(
      fc.property(text, text, (thought, answer) => {
        expect(score(`<think>${thought}</think><answer>${answer}</answer>`)).toEqual({
          kind: "value",
          value: 1,
        });
      }),
    );
  });

  it.each(["<think>", "</think><answer>", "</answer>", " ", "\n", "<"])(
    "reads a megabyte of %j through",
    (unit) => {
      expect(score(`<think>${unit.repeat(1_000_000 / unit.length)}x`)).toEqual({ kind: "value", value: 0 });
    },
  );
});
