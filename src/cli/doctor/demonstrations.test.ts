import { expect, test } from "vitest";
import { examination, found, rows } from "../../../test/support/examined-run.ts";
import type { Recipe } from "../run-config.ts";
import { examine } from "./check.ts";
import { demonstrationsCheck } from "./demonstrations.ts";

/** Conversations of a question and this many characters of work, of which each is a token. */
const worked = (length: number) =>
  rows.map(({ question, answer }) => ({
    answer,
    messages: [
      { role: "user", content: question },
      { role: "assistant", content: "1".repeat(length) },
    ],
  }));
const imitating = { algorithm: { name: "sft" }, task: { messagesColumn: "messages" } };

test("demonstrations are found, and needed by what imitates alone", async () => {
  const severities = await Promise.all(
    [{ rows: worked(15), recipe: imitating }, { recipe: { algorithm: { name: "grpo" } } }].map(
      async (wrong) => (await found(demonstrationsCheck, wrong)).severity,
    ),
  );
  expect(severities).toEqual(["ok", "ok"]);
});

test("demonstrations longer than what is sampled or than the model are warned of", async () => {
  const long = await found(demonstrationsCheck, { rows: worked(16), recipe: imitating });
  expect(long).toMatchObject({ severity: "warning", remedy: "raise sampling.maxTokens to 17" });
  expect(long.message).toContain("over the 16 tokens that are sampled");
  const beyond = await found(demonstrationsCheck, { rows: worked(130), recipe: imitating });
  expect(beyond.severity).toBe("warning");
  expect(beyond.message).toMatch(/more tokens than the model has positions \(128\), problem .* 13\d:/);
});

test("a demonstration that the tokenizer cannot write is found before training", async () => {
  const unknown = rows.map((row) => ({ ...row, answer: `count\n#### ${row.answer}` }));
  const wrong = { rows: unknown, recipe: { algorithm: { name: "sft" } } };
  expect((await found(demonstrationsCheck, wrong)).severity).toBe("failure");
});

test("a task that was told which levels to demonstrate is told how to demonstrate all", async () => {
  const { run, ...others } = await examination({ recipe: { algorithm: { name: "sft" } } });
  const task = { ...run.recipe.task, name: "arithmetic" } as Recipe["task"];
  const arithmetic = { ...others, run: { ...run, recipe: { ...run.recipe, task } } };
  const [finding] = await examine(demonstrationsCheck, arithmetic);
  expect(finding!.remedy).toBe("leave task.demonstratedLevels out, or choose another algorithm.name");
});
