import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { ConfigError } from "../errors.ts";
import { prepareRewards } from "./prepare-rewards.ts";
import type { Task } from "./task.ts";
import { createTaskRewards, taskRewardsSchema, untimedRewards } from "./task-rewards.ts";

const create = (rewards: unknown) => createTaskRewards(taskRewardsSchema.parse(rewards));

const context = (completion: string) => ({
  problem: { id: "x", prompt: "", answer: "1", columns: {} },
  completion,
  completionTokens: 1,
  finishReason: "stop" as const,
});

const taskOf = (rewards: unknown): Task => ({
  name: "test",
  train: { size: 5, at: (index) => ({ id: String(index), prompt: "", answer: "1", columns: {} }) },
  heldOut: { size: 0, at: () => expect.fail() },
  rewards: create(rewards),
  stop: [],
});

function rewardFile(name: string, source: string): string {
  const file = path.join(temporaryFolder(), name);
  writeFileSync(file, source);
  return file;
}

describe("rewards of a recipe", () => {
  it("come by name or as a list", () => {
    const file = rewardFile("polite.ts", "export default () => 1;");
    const facts = (rewards: unknown) =>
      create(rewards).map(({ reward: { name, highest, goldEarnsHighest }, weight }) => ({
        name,
        highest,
        goldEarnsHighest,
        weight,
      }));
    const expected = [
      { name: "accuracy", highest: 1, goldEarnsHighest: true, weight: 2 },
      { name: "layout", highest: 1, goldEarnsHighest: true, weight: 0.5 },
      { name: "polite", highest: 1, goldEarnsHighest: false, weight: 1 },
      { name: "kind", highest: 3, goldEarnsHighest: true, weight: -1 },
    ];
    expect(
      facts({
        accuracy: 2,
        layout: { reward: "format", weight: 0.5 },
        polite: { file, weight: 1, timeLimit: 3 },
        kind: { file, weight: -1, highest: 3 },
      }),
    ).toEqual(expected);
    expect(
      facts([
        { name: "accuracy", weight: 2 },
        { name: "layout", reward: "format", weight: 0.5 },
        { file },
        { name: "kind", file, export: "default", weight: -1, highest: 3 },
      ]),
    ).toEqual(expected);
  });

  it("hand their parameters to the file's function, beside the weight or by themselves", async () => {
    const file = rewardFile("pay.mjs", "export const pay = (context, { low, high }) => low + high;");
    const rewards = create({
      beside: { file, export: "pay", weight: 1, low: 1, high: 2 },
      own: { file, export: "pay", weight: 1, low: 1, parameters: { low: 3, high: 4 } },
    });
    const scores = rewards.map(({ reward }) => "scoreGroup" in reward && reward.scoreGroup([context("a")]));
    expect(await Promise.all(scores)).toEqual([[{ kind: "value", value: 3 }], [{ kind: "value", value: 7 }]]);
  });

  it.each<[unknown, string]>([
    [
      { mine: { file: "/nowhere/mine.ts", weight: 1 } },
      "/nowhere/mine.ts: the reward cannot be read: there is no such file",
    ],
    [
      { mine: { file: "/nowhere/mine.py", weight: 1 } },
      "/nowhere/mine.py: a reward is a .ts, .mts, .js, .mjs or .cjs file, not .py",
    ],
    [{ mine: { weight: 1 } }, 'unknown reward "mine"'],
    [
      { mine: { file: "/nowhere/mine.ts", weight: 1, paramters: {} } },
      "task.rewards: mine.paramters is not a known key; did you mean parameters?",
    ],
    [{ mine: { weight: 1, reward: "format", file: "x.ts" } }, 'it has both "file" and "reward"'],
    [{ format: { weight: 1, export: "x" } }, '"export" goes with "file"'],
    [[{ name: "format" }, { name: "format" }], 'two rewards are called "format"'],
    [[{ weight: 1 }], 'an entry has neither "name", "reward" nor "file"'],
    [{ judge: { weight: 1, reward: "model_graded" } }, 'reward judge: "baseUrl" cannot be missing'],
  ])("%j are refused", (rewards, message) => {
    expect(() => create(rewards)).toThrow(ConfigError);
    expect(() => create(rewards)).toThrow("task.rewards: ");
    expect(() => create(rewards)).toThrow(message);
  });

  it("differ for resuming in everything but their time limits", () => {
    const named = taskRewardsSchema.parse({ format: { weight: 1, timeLimit: 3 }, accuracy: 1 });
    const listed = taskRewardsSchema.parse([{ name: "format", weight: 1, timeLimit: 3 }]);
    expect(JSON.stringify(untimedRewards(named))).toBe('{"format":{"weight":1},"accuracy":1}');
    expect(JSON.stringify(untimedRewards(listed))).toBe('[{"name":"format","weight":1}]');
  });
});

describe("prepareRewards", () => {
  it("lets through what gives a verdict on one of the problems", async () => {
    const file = rewardFile(
      "sometimes.ts",
      'export default ({ problem }) => { if (problem.id !== "3") throw new Error("no"); return 1; };',
    );
    await prepareRewards(taskOf({ mine: { file, weight: 1 }, format: 1 }));
  });

  it.each<[string, string, string]>([
    ["throws.ts", "export default () => {\n  throw new Error('no rubric');\n};", ":2: no rubric"],
    ["wrong.ts", "\nexport default () => ({ score: 1 });", ':2: the reward gave {"score":1}'],
    ["nothing.ts", "export default async () => {};", ":1: the reward gave nothing"],
    ["nan.mjs", "export default () => 0 / 0;", ":1: the reward gave the number NaN"],
    ["hangs.ts", "export default () => { for (;;) {} };", "gave no verdict within 0.2 seconds"],
    ["syntax.ts", "export default (=> 1;", ":1: "],
    ["away.mjs", "export const other = 1;", 'there is no export "default"; known: other'],
  ])("refuses %s by file and line", async (name, source, message) => {
    const file = rewardFile(name, source);
    const prepared = prepareRewards(taskOf({ mine: { file, weight: 1, timeLimit: 0.2 } }));
    const error = await prepared.then(
      () => expect.fail(),
      (error: Error) => error,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain(message);
    expect(error.message.includes(file) || name === "hangs.ts").toBe(true);
  });
});
