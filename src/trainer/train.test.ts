import { readdirSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createSumsRun, createSumsTask } from "../../test/support/sums-run.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { RunEvent } from "../pipeline.ts";
import { latestCheckpoint } from "./checkpoint.ts";
import { readJournal } from "./journal.ts";
import { train } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";

const totalSteps = 9;

async function weightsAfter(folder: string, changes: Partial<TrainOptions>): Promise<string> {
  const { options, policy } = createSumsRun(folder, changes);
  await train(options);
  return policy.weights();
}

function stepRecords(events: readonly RunEvent[]) {
  return events.flatMap((event) => {
    if (event.type !== "step") {
      return [];
    }
    const { time, seconds, ...record } = event;
    return [record];
  });
}

function evaluations(events: readonly RunEvent[]) {
  return events.flatMap((event) => (event.type === "evaluation" ? [[event.step, event.metrics]] : []));
}

test("rewards rise, and the journal tells the whole run", async () => {
  const folder = temporaryFolder();
  const { options, events } = createSumsRun(folder, { steps: 60 });
  const result = await train(options);

  const evaluated = events.filter((event) => event.type === "evaluation");
  expect(evaluated[0]).toMatchObject({ step: 0, problems: 9 });
  expect(evaluated[0].metrics.accuracy).toBeLessThan(0.5);
  expect(evaluated.at(-1)).toMatchObject({ step: 63, label: "held-out" });
  expect(evaluated.at(-1)!.metrics.accuracy).toBe(1);
  expect(evaluated.map(({ step }) => step)).toEqual([
    0,
    3,
    ...Array.from({ length: 15 }, (_, i) => 4 * i + 4),
    63,
  ]);

  const steps = events.filter((event) => event.type === "step");
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 63 }, (_, index) => index + 1));
  expect(steps[2]).toMatchObject({ stage: "warm-start", signal: null, rollouts: null, learningRate: 0.5 });
  expect(steps[3]).toMatchObject({ stage: "train", learningRate: 8 / 1.01 });
  const last = steps.slice(-5).map(({ rollouts }) => rollouts!.rewards.accuracy);
  expect(Math.min(...last)).toBeGreaterThan(steps[3].rollouts!.rewards.accuracy);

  expect(readJournal(path.join(folder, "journal.jsonl"))).toEqual(events);
  expect(events[0]).toMatchObject({ type: "run-started", seed: 7, totalSteps: 63 });
  expect(events.at(-1)).toMatchObject({ type: "run-finished", step: 63 });
  expect(result).toEqual({
    step: 63,
    totalSteps: 63,
    finished: true,
    checkpoint: path.join(folder, "checkpoints/step-000063"),
  });
  expect(readdirSync(path.join(folder, "rollouts"))).toHaveLength(60);
});

test("the signal ledger of every step adds up", async () => {
  const { options, events } = createSumsRun(temporaryFolder(), { steps: 40 });
  await train(options);
  const ledgers = events.flatMap((event) => (event.type === "step" && event.signal ? [event.signal] : []));
  expect(ledgers).toHaveLength(40);
  for (const ledger of ledgers) {
    const { groups, informativeGroups, allRightGroups, allWrongGroups, unscoredGroups } = ledger;
    expect(groups).toBe(4);
    expect(informativeGroups + allRightGroups + allWrongGroups + unscoredGroups).toBe(groups);
    expect(ledger.sampledCompletions).toBe(6 * (groups + ledger.surplusGroups));
    expect(groups + ledger.surplusGroups).toBe(4 * (1 + ledger.resampleRounds));
    expect(ledger.zeroLossReason === null).toBe(informativeGroups > 0);
    expect(ledger.tokensPerInformativeGroup).toBe(
      informativeGroups > 0 ? ledger.sampledTokens / informativeGroups : null,
    );
  }
  expect(ledgers.some(({ resampleRounds }) => resampleRounds === 1)).toBe(true);
  expect(ledgers.some(({ resampleRounds }) => resampleRounds === 0)).toBe(true);
});

test("the same seed gives the same run, another seed another", async () => {
  const [one, two, other] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const weights = await weightsAfter(one, {});
  expect(await weightsAfter(two, {})).toBe(weights);
  expect(await weightsAfter(other, { seed: 8 })).not.toBe(weights);
});

test("a run that stops at any steps and resumes equals one that never stopped", async () => {
  const whole = createSumsRun(temporaryFolder());
  await train(whole.options);
  // Behind the last one, the evaluation is still to do.
  const everyStep = Array.from({ length: totalSteps }, (_, index) => [index + 1]);
  const pairs = fc.sample(fc.uniqueArray(fc.integer({ min: 1, max: totalSteps - 1 }), { minLength: 2 }), {
    numRuns: 10,
    seed: 1,
  });
  for (const stops of [...everyStep, ...pairs]) {
    const folder = temporaryFolder();
    for (const stop of [...stops.sort((a, b) => a - b), null]) {
      const controller = new AbortController();
      const part = createSumsRun(folder, { resume: stop !== stops[0], signal: controller.signal });
      const { onEvent } = part.options;
      part.options.onEvent = (event) => {
        onEvent?.(event);
        if (event.type === "step" && event.step === stop) {
          controller.abort();
        }
      };
      const result = await train(part.options);
      expect(result).toMatchObject({ step: stop ?? totalSteps, finished: stop === null });
      if (stop === null) {
        expect(part.policy.weights()).toBe(whole.policy.weights());
      }
    }
    const events = readJournal(path.join(folder, "journal.jsonl"));
    expect(stepRecords(events)).toEqual(stepRecords(whole.events));
    expect(evaluations(events)).toEqual(evaluations(whole.events));
  }
});

/** Throws, as a kill would end the process, at the n-th of the calls that leave a mark outside the process. */
function failAt(
  call: number,
  { options, policy }: ReturnType<typeof createSumsRun>,
): { done: () => boolean } {
  let calls = 0;
  const tick = () => {
    if (calls++ === call) {
      throw new Error("killed");
    }
  };
  const { onEvent } = options;
  options.onEvent = (event) => {
    tick();
    onEvent?.(event);
  };
  options.sampler = {
    async sample(...given) {
      tick();
      return policy.sampler.sample(...given);
    },
  };
  const { learner } = policy;
  options.learner = {
    ...learner,
    async forwardBackward(batch) {
      tick();
      return learner.forwardBackward(batch);
    },
    async optimStep(given) {
      const result = await learner.optimStep(given);
      tick();
      return result;
    },
    async save(directory) {
      tick();
      await learner.save(directory);
      tick();
    },
  };
  return { done: () => calls <= call };
}

test("a run that fails anywhere and resumes equals one that never failed", async () => {
  const short: Partial<TrainOptions> = {
    warmStart: { steps: 1, batchSize: 4, schedule: () => 0.5 },
    steps: 2,
    evaluate: { every: 0, problems: 2, atStart: true },
  };
  const whole = createSumsRun(temporaryFolder(), short);
  await train(whole.options);
  let failures = 0;
  for (let call = 0; ; call++, failures++) {
    const folder = temporaryFolder();
    const broken = createSumsRun(folder, short);
    const { done } = failAt(call, broken);
    const outcome = await train(broken.options).catch((error: Error) => error.message);
    if (done()) {
      expect(outcome).toMatchObject({ finished: true });
      break;
    }
    expect(outcome).toBe("killed");
    const before = latestCheckpoint(folder);
    const resumed = createSumsRun(folder, { ...short, resume: true });
    await train(resumed.options);
    expect(resumed.policy.weights()).toBe(whole.policy.weights());
    const journal = readJournal(path.join(folder, "journal.jsonl"));
    expect(stepRecords(journal)).toEqual(stepRecords(whole.events));
    expect(evaluations(journal)).toEqual(evaluations(whole.events));
    const savedStep = before === null ? 0 : Number(path.basename(before).slice("step-".length));
    expect(stepRecords(resumed.events)).toHaveLength(3 - savedStep);
  }
  expect(failures).toBeGreaterThan(20);
});

test("checkpoints: one resume point, and the newest of those to keep", async () => {
  const folder = temporaryFolder();
  const { options, events } = createSumsRun(folder, {
    steps: 12,
    checkpoint: { every: 4, keep: 2, rollingEvery: 3 },
  });
  await train(options);
  expect(readdirSync(path.join(folder, "checkpoints")).sort()).toEqual([
    "step-000008",
    "step-000012",
    "step-000015",
  ]);
  expect(events.flatMap((event) => (event.type === "checkpoint" ? [event.path] : []))).toEqual([
    "checkpoints/step-000004",
    "checkpoints/step-000008",
    "checkpoints/step-000012",
    "checkpoints/step-000015",
  ]);
});

test("a run whose prompts are weighed resumes as if it had never stopped", async () => {
  const changes: Partial<TrainOptions> = {
    warmStart: null,
    evaluate: null,
    steps: 9,
    promptWeights: "hard",
  };
  const whole = createSumsRun(temporaryFolder(), changes);
  await train(whole.options);
  const folder = temporaryFolder();
  for (let stop = 1; stop <= 9; stop++) {
    const controller = new AbortController();
    const part = createSumsRun(folder, { ...changes, resume: stop > 1, signal: controller.signal });
    part.options.onEvent = (event) => event.type === "step" && controller.abort();
    expect(await train(part.options)).toMatchObject({ step: stop });
    if (stop === 9) {
      expect(part.policy.weights()).toBe(whole.policy.weights());
    }
  }
  const events = readJournal(path.join(folder, "journal.jsonl"));
  expect(stepRecords(events)).toEqual(stepRecords(whole.events));
});

test("a run does not go on with other problems under the same path", async () => {
  const folder = temporaryFolder();
  const sums = createSumsTask();
  const withDigest = (digest: string) => ({ ...sums, train: { ...sums.train, digest } });
  const changes: Partial<TrainOptions> = { warmStart: null, evaluate: null, steps: 2 };
  const controller = new AbortController();
  const part = createSumsRun(folder, { ...changes, task: withDigest("a1"), signal: controller.signal });
  part.options.onEvent = (event) => event.type === "step" && controller.abort();
  await train(part.options);
  const resumed = (digest: string) =>
    train(createSumsRun(folder, { ...changes, task: withDigest(digest), resume: true }).options);
  await expect(resumed("b2")).rejects.toThrow(
    /was made with task\.contentOfProblems "a1", this run has "b2"; set it back/,
  );
  expect(await resumed("a1")).toMatchObject({ step: 2 });
});
