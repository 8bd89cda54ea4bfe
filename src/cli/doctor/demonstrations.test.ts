import { expect, test } from "vitest";
import { examination, found, rows } from "../../../test/support/examined-run.ts";
import type { Recipe } from "../run-config.ts";
import { examine } from "./check.ts";
import { demonstrationsCheck } from "./demonstrations.ts";

test("demonstrations are found, and needed by what imitates alone", async () => {
  const worked = rows.map((row) => ({ ...row, answer: `count\n#### ${row.answer}` }));
  const severities = await Promise.all(
    [
      { rows: worked, recipe: { algorithm: { name: "sft" } } },
      { recipe: { algorithm: { name: "grpo" } } },
    ].map(async (wrong) => (await found(demonstrationsCheck, wrong)).severity),
  );
  expect(severities).toEqual(["ok", "ok"]);
});

test("a task that was told which levels to demonstrate is told how to demonstrate all", async () => {
  const { run, ...others } = await examination({ recipe: { algorithm: { name: "sft" } } });
  const task = { ...run.recipe.task, name: "arithmetic" } as Recipe["task"];
  const arithmetic = { ...others, run: { ...run, recipe: { ...run.recipe, task } } };
  const [finding] = await examine(demonstrationsCheck, arithmetic);
  expect(finding!.remedy).toBe("leave task.demonstratedLevels out, or choose another algorithm.name");
});
