import { expect, test } from "vitest";
import { createSumsRun } from "../../test/support/sums-run.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { RunEvent } from "../pipeline.ts";
import { isSpent } from "./budget.ts";
import { train } from "./train.ts";
import type { Budget, TrainOptions } from "./train-options.ts";

const counters = { sampledCompletions: 10, sampledTokens: 200, learnedTokens: 100, updates: 1, seconds: 1.5 };

test.each([
  [null, false],
  [{}, false],
  [{ samples: 11, tokens: 301, seconds: 1.6 }, false],
  [{ samples: 10 }, true],
  [{ tokens: 300 }, true],
  [{ seconds: 1.5 }, true],
  [{ samples: 11, tokens: undefined, seconds: 1 }, true],
] as [Budget | null, boolean][])("of %j is spent: %s", (budget, spent) => {
  expect(isSpent(budget, counters)).toBe(spent);
});

function sampledUpTo(events: readonly RunEvent[]): number[] {
  const counts = events.flatMap((event) =>
    event.type === "step" && event.signal ? [event.signal.sampledCompletions] : [],
  );
  return counts.map((_, index) => counts.slice(0, index + 1).reduce((sum, count) => sum + count, 0));
}

test("a run ends after the step that spends its budget, evaluated and saved, and stays so when resumed", async () => {
  const folder = temporaryFolder();
  const changes: Partial<TrainOptions> = { steps: 50, budget: { samples: 100 } };
  const { options, events } = createSumsRun(folder, changes);
  const result = await train(options);
  const sampled = sampledUpTo(events);
  expect(sampled.at(-1)).toBeGreaterThanOrEqual(100);
  expect(sampled.at(-2)).toBeLessThan(100);
  expect(result).toMatchObject({ finished: true, step: 3 + sampled.length, totalSteps: 53 });
  expect(result.checkpoint).toContain(`step-00000${result.step}`);
  expect(events.findLast(({ type }) => type === "evaluation")).toMatchObject({ step: result.step });

  const again = createSumsRun(folder, { ...changes, resume: true });
  expect(await train(again.options)).toEqual(result);
  expect(again.events.map(({ type }) => type)).toEqual(["run-resumed", "run-finished"]);

  const more = createSumsRun(folder, { ...changes, budget: { samples: 200 }, resume: true });
  expect((await train(more.options)).step).toBeGreaterThan(result.step);
});

test("a budget of nothing is refused", async () => {
  const { options } = createSumsRun(temporaryFolder(), { budget: { tokens: 0 } });
  await expect(train(options)).rejects.toThrow("budget.tokens is 0; it has to be above 0");
});
