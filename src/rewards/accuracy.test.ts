import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contextOf, earned } from "../../test/support/reward-context.ts";
import { accuracyParameters, createAccuracyLv35Reward, createAccuracyReward } from "./accuracy.ts";
import type { MathVerdict } from "./math-equal.ts";

const score = (answer: string, completion: string) => earned("accuracy", {}, answer, completion);

describe("accuracy", () => {
  it.each([
    ["42", "<answer>42</answer>", 1],
    ["42", "<answer>43</answer>", 0],
    ["1080", "<answer>$1,080.00</answer>", 1],
    ["1,080", "\\boxed{1080}", 1],
    ["steps\n#### 72", "#### 72", 1],
    ["\\boxed{\\frac{1}{2}}", "<answer>\\frac{1}{2}</answer>", 1],
    ["blue", "<answer> blue </answer>", 1],
    ["blue", "<answer>red</answer>", 0],
    ["42", "", 0],
    ["42", "<answer></answer>", 0],
    ["1", "the answer is 1/2", 0],
  ])("of gold %j for %j is %d", async (gold, completion, value) => {
    expect(await score(gold, completion)).toBe(value);
    expect(await earned("accuracy_lv35", {}, gold, completion)).toBe(value);
  });

  it.each(["", "  ", "?", "$$", "####", "\\boxed{}", "\\boxed{5", "<answer></answer>", "<answer>5"])(
    "never scores against the unusable gold %j",
    async (gold) => {
      for (const completion of [
        gold,
        `<answer>${gold}</answer>`,
        "<answer></answer>",
        "",
        "<answer>5</answer>",
      ]) {
        expect(await score(gold, completion)).toBe("unscorable");
      }
    },
  );

  it("pays for no answer that is empty, whatever the gold", async () => {
    const empty = fc.constantFrom("", "<answer></answer>", "\\boxed{}");
    await fc.assert(
      fc.asyncProperty(fc.string(), empty, async (gold, completion) => {
        expect(await score(gold, completion)).not.toBe(1);
      }),
    );
  });

  it("pays for two numbers exactly if they are equal", async () => {
    const number = fc.integer({ min: -50, max: 50 });
    await fc.assert(
      fc.asyncProperty(number, number, async (a, b) => {
        expect(await score(String(a), `<answer>${b}.0</answer>`)).toBe(a === b ? 1 : 0);
      }),
    );
  });

  it.each<[MathVerdict, number | string, number, number]>([
    ["equal", 1, 1, 1],
    ["different", 0, 0, 0],
    ["answer-unparseable", 0, 0, 0],
    ["gold-unparseable", "unscorable", 1, 0],
  ])("of a verdict %s is %j; upstream %d in open-r1, %d in R1-V", async (verdict, value, openR1, r1v) => {
    const grade = () => ({ verdict });
    const pays = (parameters: object) => {
      const reward = createAccuracyReward(accuracyParameters.parse(parameters), grade);
      const given = reward.score(contextOf("7", "<answer>8</answer>"));
      return "value" in given ? given.value : (given as { kind: string }).kind;
    };
    expect(pays({})).toBe(value);
    expect(pays({ compat: "upstream" })).toBe(openR1);
    expect(pays({ compat: "upstream", project: "r1-v" })).toBe(r1v);
    const lv35 = createAccuracyLv35Reward({ compat: "upstream" }, grade);
    expect(lv35.score(contextOf("7", "8"))).toEqual({ kind: "value", value: openR1 });
  });

  it("compares as R1-V does the text in tags on one line, or the whole", () => {
    const reward = createAccuracyReward(
      accuracyParameters.parse({ compat: "upstream", project: "r1-v" }),
      () => ({
        verdict: "different",
      }),
    );
    const pays = (gold: string, completion: string) => reward.score(contextOf(gold, completion));
    expect(pays("<answer>blue</answer>", "<answer> blue\t</answer> <answer>red</answer>")).toMatchObject({
      value: 1,
    });
    expect(pays("blue", "<answer>\nblue</answer>")).toMatchObject({ value: 0 });
    expect(pays("", "<answer></answer>")).toMatchObject({ value: 1 });
  });
});
