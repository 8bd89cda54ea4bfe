import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { earned } from "../../test/support/reward-context.ts";

const score = (completion: string, parameters: object = {}) => earned("format", parameters, "", completion);

describe("format", () => {
  it.each([
    "<think>a</think><answer>1</answer>",
    "<think></think><answer></answer>",
    " <think>\na\n</think>\n\n<answer>\n1\n</answer>\n",
  ])("accepts %j", async (completion) => {
    expect(await score(completion)).toBe(1);
    expect(await score(completion, { project: "r1-v" })).toBe(1);
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
  ])("refuses %j", async (completion) => {
    expect(await score(completion)).toBe(0);
    expect(await score(completion, { project: "open-r1" })).toBe(0);
  });

  it("does not look at what the parts hold", async () => {
    const text = fc.string().filter((value) => !value.includes("<"));
    await fc.assert(
      fc.asyncProperty(text, text, async (thought, answer) => {
        expect(await score(`<think>${thought}</think><answer>${answer}</answer>`)).toBe(1);
        const lines = `<think>\n${thought}\n</think>\n<answer>\n${answer}\n</answer>`;
        for (const project of ["gpgrad", "open-r1", "r1-v"]) {
          expect(await score(lines, { project })).toBe(1);
          expect(await score(lines, { project, compat: "upstream" })).toBe(1);
          expect(await score(lines.slice("<think>".length), { project, thinkInPrompt: true })).toBe(1);
        }
      }),
    );
  });

  it.each([
    ["open-r1", "<think>\na\n</think>\n<answer>\n1\n</answer>\nmore", 0, 1],
    ["open-r1", "<think>\na\n</think>\n<answer>\n1\n</answer> more", 0, 0],
    ["open-r1", "<think>\na\n</think>\n<answer>\n1\n</answer>\n", 1, 1],
    ["open-r1", "<think>a</think><answer>1</answer>", 0, 0],
    ["r1-v", "<think>a</think><answer>1</answer><answer>2</answer>", 0, 1],
    ["r1-v", "<think>a</think><answer>1</answer>\n", 1, 0],
    ["open-rs", "a\n</think>\nb", 1, 1],
    ["open-rs", "a</think>b", 0, 0],
    ["open-rs", "a\n</think>\n</think>\nb", 0, 1],
    ["open-rs", "a\n</think>\nb</think>", 0, 1],
  ])("of %s: %j earns %d, upstream %d", async (project, completion, value, upstream) => {
    expect(await score(completion, { project })).toBe(value);
    expect(await score(completion, { project, compat: "upstream" })).toBe(upstream);
    if (project === "open-rs") {
      expect(await earned("format_v2", {}, "", completion)).toBe(value);
      expect(await earned("format_v2", { compat: "upstream" }, "", completion)).toBe(upstream);
    }
  });
});
