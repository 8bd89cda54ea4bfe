import { describe, expect, it } from "vitest";
import type { Score } from "../pipeline.ts";
import type { GroupReward, Reward, RewardContext } from "./reward.ts";
import { scoreGroup } from "./score-group.ts";

const contextOf = (completion: string): RewardContext => ({
  problem: { id: "x", prompt: "", answer: "1", columns: {} },
  completion,
  completionTokens: 3,
  finishReason: "length",
});
const contexts = [contextOf("a"), contextOf("b")];

function reward(name: string, score: (context: RewardContext) => unknown): Reward {
  return { name, highest: 1, score: (context) => score(context) as Score };
}

function groupReward(name: string, scores: (contexts: readonly RewardContext[]) => unknown): GroupReward {
  return { name, highest: 1, scoreGroup: (contexts) => scores(contexts) as Score[] };
}

const verdictOn = async (each: Reward | GroupReward): Promise<Score> =>
  (await scoreGroup([each], contexts))[0]![each.name]!;

describe("scoreGroup", () => {
  it("shows each reward every completion and keeps its verdicts in their order", async () => {
    const seen: RewardContext[] = [];
    const good = reward("good", (context) => {
      seen.push(context);
      return { kind: "value", value: context.completion.charCodeAt(0) };
    });
    const late = reward("late", async () => ({ kind: "unscorable", reason: "no gold" }));
    const whole = groupReward("whole", async (group) =>
      group.map((_, index) => ({ kind: "value", value: index / group.length })),
    );
    const unscorable = { kind: "unscorable", reason: "no gold" };
    expect(await scoreGroup([good, late, whole], contexts)).toEqual([
      { good: { kind: "value", value: 97 }, late: unscorable, whole: { kind: "value", value: 0 } },
      { good: { kind: "value", value: 98 }, late: unscorable, whole: { kind: "value", value: 0.5 } },
    ]);
    expect(seen).toEqual(contexts);
  });

  it.each<[unknown, string]>([
    [Number.NaN, "the value NaN"],
    [Number.POSITIVE_INFINITY, "the value Infinity"],
  ])("turns the value %d into an error", async (value, text) => {
    expect(await verdictOn(reward("odd", () => ({ kind: "value", value })))).toEqual({
      kind: "error",
      reason: `reward odd gave ${text}, not a score`,
    });
  });

  it.each([
    undefined,
    null,
    1,
    1n,
    "value",
    {},
    { kind: "value" },
    { kind: "other" },
    { kind: "timeout" },
    Symbol("x"),
  ])("turns the answer %s into an error", async (answer) => {
    const error = { kind: "error", reason: expect.stringContaining("not a score") };
    expect(await verdictOn(reward("odd", () => answer))).toEqual(error);
    expect(await verdictOn(groupReward("odd", (group) => group.map(() => answer)))).toEqual(error);
    expect(await verdictOn(groupReward("odd", () => answer))).toMatchObject({ kind: "error" });
  });

  it("turns a group's answer of another length into errors", async () => {
    expect(await verdictOn(groupReward("short", () => [{ kind: "value", value: 1 }]))).toEqual({
      kind: "error",
      reason: "reward short gave 1 scores for a group of 2 completions, not one score for each",
    });
  });

  it("turns a throw and a rejection into errors and still asks the others", async () => {
    const fail = () => {
      throw new Error("boom");
    };
    const rewards = [
      reward("throws", fail),
      reward("rejects", () => Promise.reject("lost")),
      groupReward("whole", fail),
      reward("good", () => ({ kind: "value", value: 1 })),
    ];
    const [scores] = await scoreGroup(rewards, contexts);
    expect(scores).toEqual({
      throws: { kind: "error", reason: "reward throws failed: boom" },
      rejects: { kind: "error", reason: "reward rejects failed: lost" },
      whole: { kind: "error", reason: "reward whole failed: boom" },
      good: { kind: "value", value: 1 },
    });
  });
});
