import { describe, expect, it } from "vitest";
import type { Problem } from "../pipeline.ts";
import { createReward } from "../rewards/registry.ts";
import { checkTask } from "./check-task.ts";
import type { ProblemSet, Task } from "./task.ts";

const problem = (id: string, answer: string, demonstration?: string): Problem => ({
  id,
  prompt: "",
  answer,
  ...(demonstration !== undefined && { demonstration }),
  columns: {},
});

const set = (problems: readonly Problem[]): ProblemSet => ({
  size: problems.length,
  at: (index) => problems[index]!,
});

const task = (train: readonly Problem[], heldOut: readonly Problem[] = []): Task => ({
  name: "test",
  train: set(train),
  heldOut: set(heldOut),
  rewards: ["accuracy", "format"].map((name) => ({ reward: createReward(name), weight: 1 })),
  stop: [],
});

describe("checkTask", () => {
  it("finds nothing where every gold completion earns all rewards", async () => {
    expect(
      await checkTask(task([problem("a", "1")], [problem("b", "2", "<think></think><answer>2</answer>")]), 5),
    ).toEqual([]);
  });

  it("names each problem and reward at fault, in both splits", async () => {
    const faults = await checkTask(
      task(
        [problem("empty", ""), problem("fine", "1")],
        [problem("wrong", "2", "<think></think><answer>3</answer>"), problem("bare", "4", "\\boxed{4}")],
      ),
      5,
    );
    expect(faults).toEqual([
      {
        id: "empty",
        reward: "accuracy",
        paid: null,
        reason:
          "reward accuracy should pay 1 for the gold completion: unscorable, the reference answer is empty",
      },
      {
        id: "wrong",
        reward: "accuracy",
        paid: 0,
        reason: "reward accuracy should pay 1 for the gold completion: it paid 0",
      },
      {
        id: "bare",
        reward: "format",
        paid: 0,
        reason: "reward format should pay 1 for the gold completion: it paid 0",
      },
    ]);
  });

  it("spreads a sample evenly over a split", async () => {
    const asked: number[] = [];
    const spy: ProblemSet = {
      size: 10,
      at: (index) => {
        asked.push(index);
        return problem(String(index), "1");
      },
    };
    await checkTask({ ...task([]), train: spy }, 4);
    expect(asked).toEqual([0, 2, 5, 7]);
  });
});
