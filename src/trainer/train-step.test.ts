import path from "node:path";
import { parquetReadObjects } from "hyparquet";
import { asyncBufferFromFile } from "hyparquet/src/node.js";
import { expect, test } from "vitest";
import { accuracy, brevity, createSumsRun, createSumsTask } from "../../test/support/sums-run.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { BackendError, ConfigError, DataError } from "../errors.ts";
import type { Problem, RunEvent } from "../pipeline.ts";
import type { Reward } from "../rewards/reward.ts";
import { latestCheckpoint } from "./checkpoint.ts";
import { readJournal } from "./journal.ts";
import { train } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";

const plain: Partial<TrainOptions> = { warmStart: null, steps: 1, evaluate: null };

function warnings(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
}

function steps(events: readonly RunEvent[]) {
  return events.filter((event) => event.type === "step");
}

function failure(options: TrainOptions): Promise<Error> {
  return train(options).then(
    () => expect.fail("the run should have failed"),
    (error: Error) => error,
  );
}

function readRollouts(folder: string, step: number) {
  const file = path.join(folder, `rollouts/step-${String(step).padStart(6, "0")}.parquet`);
  return asyncBufferFromFile(file).then((buffer) => parquetReadObjects({ file: buffer }));
}

test("a batch without an informative group changes nothing and says so", async () => {
  const alwaysRight: Reward = { ...accuracy, score: () => ({ kind: "value", value: 1 }) };
  const task = createSumsTask({ rewards: [{ reward: alwaysRight, weight: 1 }] });
  const { options, events, policy } = createSumsRun(temporaryFolder(), { ...plain, task });
  const before = policy.weights();
  await train(options);
  expect(policy.weights()).toBe(before);
  const [{ loss, gradientNorm, tokens, signal }] = steps(events);
  expect({ loss, gradientNorm, tokens }).toEqual({ loss: 0, gradientNorm: 0, tokens: 0 });
  expect(signal).toMatchObject({
    groups: 4,
    informativeGroups: 0,
    alpha: 1,
    resampleRounds: 1,
    surplusGroups: 4,
    tokensPerInformativeGroup: null,
  });
  expect(signal!.zeroLossReason).toBeTruthy();
  expect(warnings(events)).toEqual([`no update: ${signal!.zeroLossReason}`]);
});

test("completions that were all cut at the limit are named as the cause", async () => {
  const alwaysWrong: Reward = { ...accuracy, score: () => ({ kind: "value", value: 0 }) };
  const task = createSumsTask({ rewards: [{ reward: alwaysWrong, weight: 1 }] });
  const { options, events } = createSumsRun(temporaryFolder(), { ...plain, task });
  const sampling = { ...options.sampling, maxTokens: 1 };
  await train({
    ...options,
    seed: 4,
    sampling,
    promptsPerStep: 1,
    completionsPerPrompt: 2,
    maxResampleRounds: 0,
  });
  const [{ rollouts, signal }] = steps(events);
  expect(rollouts!.truncatedShare).toBe(1);
  expect(signal!.zeroLossReason).toMatch(
    /all wrong; every completion was cut at the token limit, sampling\.maxTokens$/,
  );
});

/** Fails on completions that begin with one of these characters. */
function moody(characters: string): Reward {
  return {
    ...accuracy,
    score(context) {
      if (characters.includes(context.completion[0] ?? " ")) {
        throw new Error(`cannot read ${context.completion[0]}`);
      }
      return accuracy.score(context);
    },
  };
}

test("a completion on which a reward threw is masked, counted and shown, and nothing else is", async () => {
  const folder = temporaryFolder();
  const task = createSumsTask({
    rewards: [
      { reward: moody("67"), weight: 1 },
      { reward: brevity, weight: 0.25 },
    ],
  });
  const { options, events } = createSumsRun(folder, { ...plain, task });
  await train(options);
  expect(warnings(events)[0]).toMatch(
    /^reward accuracy failed on \d+ of 48 completions, first: .*cannot read [67]/,
  );

  const rows = await readRollouts(folder, 1);
  expect(rows).toHaveLength(48);
  const [{ signal }] = steps(events);
  expect(signal).toMatchObject({ errors: rows.filter((row) => row.reward === null).length, timeouts: 0 });
  const failed = rows.filter((row) => /^[67]/.test(row.completion));
  expect(failed.length).toBeGreaterThan(0);
  for (const row of rows) {
    const threw = failed.includes(row);
    expect(row.reward_accuracy === null).toBe(threw);
    expect(row.unscored_reason === null).toBe(!threw);
    expect(row.reward).toBe(threw ? null : row.reward_accuracy + 0.25 * row.reward_brevity);
    expect(row.reward_brevity).not.toBeNull();
    if (threw) {
      expect(row.token_weight === null || row.token_weight === 0).toBe(true);
    }
  }
});

test("the rollout log has every completion, whole", async () => {
  const folder = temporaryFolder();
  const { options, events } = createSumsRun(folder, plain);
  await train(options);
  const [{ signal, rollouts }] = steps(events);
  const rows = await readRollouts(folder, 1);
  expect(Object.keys(rows[0])).toEqual([
    "step",
    "group",
    "problem_id",
    "prompt",
    "completion",
    "completion_tokens",
    "token_ids",
    "finish_reason",
    "reward",
    "reward_accuracy",
    "reward_brevity",
    "unscored_reason",
    "token_weight",
  ]);
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  expect(rows).toHaveLength(signal!.sampledCompletions);
  expect(rows.reduce((sum, row) => sum + row.completion_tokens, 0)).toBe(signal!.sampledTokens);
  for (const row of rows) {
    expect(row.token_ids).toHaveLength(row.completion_tokens);
    expect(options.codec.decode(row.token_ids)).toBe(row.completion);
  }
  expect(mean(rows.map((row) => row.reward))).toBeCloseTo(rollouts!.reward, 12);
  expect(mean(rows.map((row) => row.reward_accuracy))).toBeCloseTo(rollouts!.rewards.accuracy, 12);
  expect(mean(rows.map((row) => Number(row.finish_reason === "length")))).toBeCloseTo(
    rollouts!.truncatedShare,
    12,
  );
  expect(rows.filter((row) => row.token_weight !== null)).toHaveLength(6 * signal!.groups);
  for (const row of rows) {
    expect(row.prompt).toBe(`${row.problem_id.slice("sums/".length)}=`);
  }
  for (let group = 0; group < 8; group++) {
    const trained = rows.filter((row) => row.group === group && row.token_weight !== null);
    const best = Math.max(...trained.map((row) => row.reward));
    for (const row of trained.filter(({ reward }) => reward === best)) {
      expect(row.token_weight).toBeGreaterThanOrEqual(0);
    }
  }
});

test("too many completions without a reward: a checkpoint, a clear error, and no learning from that step", async () => {
  const whole = createSumsRun(temporaryFolder(), { ...plain, steps: 4 });
  await train(whole.options);

  const folder = temporaryFolder();
  let broken = false;
  const unsteady: Reward = {
    ...accuracy,
    score(context) {
      if (broken) {
        throw new Error("the grader is away");
      }
      return accuracy.score(context);
    },
  };
  const task = createSumsTask({
    rewards: [
      { reward: unsteady, weight: 1 },
      { reward: brevity, weight: 0.25 },
    ],
  });
  const rare: Partial<TrainOptions> = {
    ...plain,
    steps: 4,
    checkpoint: { every: 0, keep: 0, rollingEvery: 4 },
  };
  const { options } = createSumsRun(folder, { ...rare, task });
  options.onEvent = (event) => {
    broken ||= event.type === "step" && event.step === 2;
  };
  const error = await failure(options);
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toMatch(/^step 3 was not learned from: 100% .*the limit is 50%.*the grader is away/);
  expect(latestCheckpoint(folder)).toBe(path.join(folder, "checkpoints/step-000002"));
  const rows = await readRollouts(folder, 3);
  expect(rows).toHaveLength(24);
  expect(rows[0]).toMatchObject({ step: 3, unscored_reason: expect.stringContaining("the grader is away") });
  expect(warnings(readJournal(path.join(folder, "journal.jsonl")))).toEqual([
    "reward accuracy failed on 24 of 24 completions, first: reward accuracy failed: the grader is away",
  ]);

  const mended = createSumsRun(folder, { ...rare, resume: true });
  await train(mended.options);
  expect(mended.policy.weights()).toBe(whole.policy.weights());
});

test("a failing reward that is only watched does not stop the run", async () => {
  const task = createSumsTask({
    rewards: [
      { reward: accuracy, weight: 1 },
      { reward: { ...moody("0123456789+= "), name: "watched" }, weight: 0 },
    ],
  });
  const { options, events } = createSumsRun(temporaryFolder(), { ...plain, task });
  await train(options);
  expect(warnings(events)[0]).toContain("reward watched failed on 48 of 48 completions");
});

test("a prompt over the limit is refused by name, or skipped with a warning, and never cut", async () => {
  const sums = createSumsTask();
  const long: Problem = { ...sums.train.at(0), id: "sums/long", prompt: "1+1+1+1+1+1=" };
  const task = {
    ...sums,
    train: { size: 10, at: (index: number) => (index === 9 ? long : sums.train.at(index)) },
  };
  const changes: Partial<TrainOptions> = { ...plain, task, promptsPerStep: 10, maxResampleRounds: 0 };
  const error = await failure(createSumsRun(temporaryFolder(), changes).options);
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toContain("problem sums/long: its prompt has 12 tokens, the limit is 8");

  const folder = temporaryFolder();
  const { options, events } = createSumsRun(folder, { ...changes, longPrompts: "skip" });
  await train(options);
  expect(warnings(events)).toContain("skipped problem sums/long: its prompt has 12 tokens, the limit is 8");
  expect((await readRollouts(folder, 1)).some((row) => row.problem_id === "sums/long")).toBe(false);

  const none = createSumsRun(temporaryFolder(), { ...plain, maxPromptTokens: 2, longPrompts: "skip" });
  expect((await failure(none.options)).message).toContain("none of the 9 training problems");
});

test("a prompt over the limit in mid-run costs no step, and the way out that it names is open", async () => {
  const sums = createSumsTask();
  const long: Problem = { ...sums.train.at(0), id: "sums/long", prompt: "1+1+1+1+1+1=" };
  const task = {
    ...sums,
    train: { size: 10, at: (index: number) => (index === 0 ? long : sums.train.at(index - 1)) },
  };
  const changes: Partial<TrainOptions> = {
    ...plain,
    task,
    steps: 10,
    promptsPerStep: 1,
    maxResampleRounds: 0,
    checkpoint: { every: 0, keep: 1, rollingEvery: 100 },
  };
  const folder = temporaryFolder();
  const { options, events, policy } = createSumsRun(folder, changes);
  const error = await failure(options);
  expect(error.message).toContain("problem sums/long");
  const done = steps(events).length;
  expect(done).toBeGreaterThan(1);
  expect(latestCheckpoint(folder)).toBe(path.join(folder, `checkpoints/step-00000${done}`));

  const whole = createSumsRun(temporaryFolder(), { ...changes, longPrompts: "skip" });
  await train(whole.options);
  await train({ ...options, resume: true, longPrompts: "skip" });
  expect(policy.weights()).toBe(whole.policy.weights());
});

test("a held-out prompt over the limit is found before the first step", async () => {
  const sums = createSumsTask();
  const long: Problem = { ...sums.train.at(0), id: "sums/long", prompt: "1+1+1+1+1+1=" };
  const task = { ...sums, heldOut: { size: 1, at: () => long } };
  const changes: Partial<TrainOptions> = { task, evaluate: { every: 5, problems: 9, atStart: false } };
  const { options, events } = createSumsRun(temporaryFolder(), changes);
  expect((await failure(options)).message).toContain("problem sums/long");
  expect(steps(events)).toEqual([]);
});

test("a loss that is not finite ends the run before it is saved", async () => {
  const folder = temporaryFolder();
  const { options, policy } = createSumsRun(folder, { ...plain, steps: 3 });
  let passes = 0;
  options.learner = {
    ...policy.learner,
    async forwardBackward(batch) {
      const result = await policy.learner.forwardBackward(batch);
      return ++passes === 2 ? { ...result, loss: Number.NaN } : result;
    },
  };
  const error = await failure(options);
  expect(error).toBeInstanceOf(BackendError);
  expect(error.message).toContain("the loss became NaN");
  expect(latestCheckpoint(folder)).toBe(path.join(folder, "checkpoints/step-000001"));
});

test("a warm start without demonstrations is refused by name", async () => {
  const sums = createSumsTask();
  const at = (index: number) => {
    const { demonstration, ...problem } = sums.train.at(index);
    return problem;
  };
  const { options } = createSumsRun(temporaryFolder(), { task: { ...sums, train: { size: 9, at } } });
  expect((await failure(options)).message).toMatch(
    /^problem sums\/.* of task sums has no demonstration to imitate/,
  );
});

test.each<[Partial<TrainOptions>, string]>([
  [{ promptsPerStep: 0 }, "promptsPerStep is 0"],
  [{ completionsPerPrompt: 1.5 }, "completionsPerPrompt is 1.5"],
  [{ seed: Number.NaN }, "seed is NaN"],
  [{ unscoredShareLimit: 1 }, "unscoredShareLimit is 1"],
  [{ steps: 0, warmStart: null }, "nothing to train"],
  [{ checkpoint: { every: 1, keep: 1, rollingEvery: 0 } }, "checkpoint.rollingEvery is 0"],
])("%j is refused", async (changes, message) => {
  const error = await failure(createSumsRun(temporaryFolder(), changes).options);
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain(message);
});
