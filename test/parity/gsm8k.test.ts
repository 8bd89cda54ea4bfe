import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { locateDataFiles } from "../../src/datasets/data-files.ts";
import { dataSource } from "../../src/datasets/data-source.ts";
import { openRowTable } from "../../src/datasets/row-table.ts";
import type { Problem } from "../../src/pipeline.ts";
import { hashSeed, shuffledIndices } from "../../src/random.ts";
import { createReward } from "../../src/rewards/registry.ts";
import type { Reward } from "../../src/rewards/reward.ts";
import { scoresOf } from "../../src/rewards/score-group.ts";
import { checkTask } from "../../src/tasks/check-task.ts";
import { createTask } from "../../src/tasks/registry.ts";
import type { Task } from "../../src/tasks/task.ts";

const folder = join(process.env.GPGRAD_DATA ?? "../shared/data", "gsm8k");

/** The data set is not part of the repository; a folder that was named must be there. */
const absent = process.env.GPGRAD_DATA === undefined && !existsSync(folder);
const accuracy = createReward("accuracy") as Reward;

async function grade(problem: Problem, completion: string): Promise<number> {
  const context = { problem, completion, completionTokens: 1, finishReason: "stop" } as const;
  const [score] = await scoresOf(accuracy, [context]);
  if (score?.kind !== "value") {
    throw new Error(`${problem.id}: ${score?.kind}`);
  }
  return score.value;
}

/** An independent reading of the data set's own convention. */
function goldNumber(answer: string): number {
  return Number(answer.split("#### ")[1]!.replaceAll(",", ""));
}

describe.skipIf(absent).each([
  ["train", 7_473],
  ["test", 1_319],
])("GSM8K %s", (split, size) => {
  const path = join(folder, `${split}.jsonl`);
  let task: Task;
  let problems: Problem[];
  let raw: Record<string, string>[];
  beforeAll(() => {
    task = createTask("math", { path, heldOutShare: 0 }, { seed: 0 });
    problems = Array.from({ length: task.train.size }, (_, index) => task.train.at(index));
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    raw = lines.map((line) => JSON.parse(line));
  });

  it("has every row, with its number as answer", () => {
    expect(problems).toHaveLength(size);
    problems.forEach((problem, index) => {
      expect(problem.columns).toEqual(raw[index]);
      expect(problem.answer).toBe(String(goldNumber(raw[index]!.answer!)));
      expect(problem.demonstration).not.toMatch(/<<|>>|####/);
    });
  });

  it("pays every gold answer in full, as demonstration and as the data set has it", async () => {
    expect(await checkTask(task, size)).toEqual([]);
    for (const [index, problem] of problems.entries()) {
      const { answer } = raw[index]!;
      expect(await grade(problem, answer!)).toBe(1);
      expect(
        await grade({ ...problem, answer: answer! }, `The answer is ${answer!.split("#### ")[1]}.`),
      ).toBe(1);
    }
  });

  it("pays another problem's answer only where the numbers are equal", async () => {
    const order = shuffledIndices(size, hashSeed(size));
    let equal = 0;
    for (const [index, problem] of problems.entries()) {
      const other = order[index]!;
      const same = goldNumber(raw[index]!.answer!) === goldNumber(raw[other]!.answer!);
      expect(await grade(problem, problems[other]!.demonstration!)).toBe(same ? 1 : 0);
      equal += same ? 1 : 0;
    }
    expect(equal).toBeGreaterThan(0);
    expect(equal).toBeLessThan(size / 10);
  });
});

it.skipIf(absent)(
  "agrees with the verdicts on real model solutions wherever their last line is a bare number",
  async () => {
    let compared = 0;
    const disagreements: string[] = [];
    const source = dataSource.parse({ path: join(folder, "example_model_solutions.jsonl") });
    const rows = openRowTable(locateDataFiles(source), source, () => {});
    for (let index = 0; index < rows.size; index++) {
      const { number, columns } = rows.at(index);
      const problem: Problem = {
        id: String(number),
        prompt: "",
        answer: /\nA: (.*)\s*$/.exec(columns.ground_truth as string)![1]!,
        columns,
      };
      for (const model of ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"]) {
        const { solution, is_correct } = columns[model] as { solution: string; is_correct: boolean };
        const final = /\nA: (-?[\d,.]+)\s*$/.exec(solution);
        if (final) {
          compared++;
          if (
            (await grade(problem, `${solution.slice(0, final.index)}\n#### ${final[1]}`)) !==
            Number(is_correct)
          ) {
            disagreements.push(
              `${number} ${model}: ${final[1]} against ${problem.answer}, is_correct ${is_correct}`,
            );
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(5_000);
    expect(disagreements).toEqual([]);
  },
);
