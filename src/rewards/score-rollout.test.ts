import { describe, expect, it } from "vitest";
import type { Problem, Rollout, Score } from "../pipeline.ts";
import type { Reward, RewardContext } from "./reward.ts";
import { scoreRollout } from "./score-rollout.ts";

const problem: Problem = { id: "x", prompt: "", answer: "1", columns: {} };
const rollout: Rollout = {
  text: "hello",
  tokenIds: [1, 2, 3],
  logprobs: [0, 0, 0],
  entropies: [0, 0, 0],
  finishReason: "length",
};

function reward(name: string, score: (context: RewardContext) => unknown): Reward {
  return { name, highest: 1, score: (context) => score(context) as Score };
}

describe("scoreRollout", () => {
  it("shows each reward the rollout and keeps its verdict", async () => {
    const seen: RewardContext[] = [];
    const good = reward("good", (context) => {
      seen.push(context);
      return { kind: "value", value: 0.5 };
    });
    const late = reward("late", async () => ({ kind: "unscorable", reason: "no gold" }));
    expect(await scoreRollout([good, late], problem, rollout)).toEqual({
      good: { kind: "value", value: 0.5 },
      late: { kind: "unscorable", reason: "no gold" },
    });
    expect(seen).toEqual([{ problem, completion: "hello", completionTokens: 3, finishReason: "length" }]);
  });

  it.each<[unknown, string]>([
    [Number.NaN, "the value NaN"],
    [Number.POSITIVE_INFINITY, "the value Infinity"],
  ])("turns the value %d into an error", async (value, text) => {
    const scores = await scoreRollout([reward("odd", () => ({ kind: "value", value }))], problem, rollout);
    expect(scores).toEqual({ odd: { kind: "error", reason: `reward odd gave ${text}, not a score` } });
  });

  it.each([undefined, null, 1, "value", {}, { kind: "value" }, { kind: "other" }])(
    "turns the answer %j into an error",
    async (answer) => {
      const { odd } = await scoreRollout([reward("odd", () => answer)], problem, rollout);
      expect(odd).toMatchObject({ kind: "error", reason: expect.stringContaining("not a score") });
    },
  );

  it("turns a throw and a rejection into errors and still asks the others", async () => {
    const scores = await scoreRollout(
      [
        reward("throws", () => {
          throw new Error("boom");
        }),
        reward("rejects", () => Promise.reject("lost")),
        reward("good", () => ({ kind: "value", value: 1 })),
      ],
      problem,
      rollout,
    );
    expect(scores).toEqual({
      throws: { kind: "error", reason: "reward throws failed: boom" },
      rejects: { kind: "error", reason: "reward rejects failed: lost" },
      good: { kind: "value", value: 1 },
    });
  });
});
