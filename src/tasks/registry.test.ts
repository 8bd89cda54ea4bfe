import { describe, expect, it } from "vitest";
import { ConfigError } from "../errors.ts";
import { openRewardNames } from "../rewards/open-reward.ts";
import { createTask } from "./registry.ts";

const options = { seed: 1 };

describe("task registry", () => {
  it("creates a task with its default rewards and weights", () => {
    const task = createTask("arithmetic", {}, options);
    expect(task.name).toBe("arithmetic");
    expect(task.rewards.map(({ reward, weight }) => [reward.name, weight])).toEqual([
      ["accuracy", 1],
      ["format", 0.1],
    ]);
  });

  it("weighs the rewards that were asked for", () => {
    const rewards = { format: { weight: 0.5 }, accuracy: 2 };
    expect(createTask("arithmetic", { rewards }, options).rewards).toMatchObject([
      { reward: { name: "format" }, weight: 0.5 },
      { reward: { name: "accuracy" }, weight: 2 },
    ]);
  });

  it.each<[string, object, string]>([
    ["arithmetics", {}, 'unknown task "arithmetics"; did you mean "arithmetic"? (known: arithmetic, math)'],
    [
      "arithmetic",
      { level: 1 },
      'task arithmetic: unknown parameter "level"; did you mean "levels"? (known: levels, digits, highestTotal, trainSize, heldOutSize, workedShare, unworkedAnswers, demonstratedLevels, rewards)',
    ],
    [
      "arithmetic",
      { levels: [] },
      'task arithmetic: "levels" cannot be []: Too small: expected array to have >=1 items',
    ],
    ["arithmetic", { rewards: {} }, 'task arithmetic: "rewards" cannot be {}: at least one reward'],
    [
      "arithmetic",
      { rewards: { formt: 1 } },
      `task.rewards: unknown reward "formt"; did you mean "format"? (known: ${openRewardNames.join(", ")})`,
    ],
    [
      "arithmetic",
      { rewards: { format: { weight: 1, strict: 1 } } },
      'task.rewards: reward format: unknown parameter "strict"; known: compat, project, thinkInPrompt',
    ],
    [
      "math",
      {},
      'task math: there is no "path": give the problems, a file or a folder or ORG/NAME on the hub, as task.path or in task.data',
    ],
    [
      "math",
      { path: "x", userPrompt: "Go" },
      'task math: "userPrompt" cannot be "Go": it must hold {question}',
    ],
  ])("refuses %s with %j", (name, parameters, message) => {
    expect(() => createTask(name, parameters, options)).toThrow(new ConfigError(message));
  });
});
