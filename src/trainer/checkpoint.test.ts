import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { createSumsRun } from "../../test/support/sums-run.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { CheckpointError, ConfigError } from "../errors.ts";
import { latestCheckpoint } from "./checkpoint.ts";
import { train } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";

const short: Partial<TrainOptions> = {
  warmStart: null,
  steps: 3,
  evaluate: null,
  checkpoint: { every: 1, keep: 9, rollingEvery: 1 },
};

function failure(options: TrainOptions): Promise<Error> {
  return train(options).then(
    () => expect.fail("the run should have failed"),
    (error: Error) => error,
  );
}

test.skipIf(!existsSync("/dev/full"))(
  "a full disk is a clear error, leaves older checkpoints alone, and costs nothing once there is room",
  async () => {
    const whole = createSumsRun(temporaryFolder(), short);
    await train(whole.options);

    const folder = temporaryFolder();
    const { options, policy } = createSumsRun(folder, short);
    let saves = 0;
    options.learner = {
      ...policy.learner,
      async save(directory) {
        await policy.learner.save(directory);
        if (++saves === 3) {
          const descriptor = openSync("/dev/full", "w");
          try {
            writeSync(descriptor, "no room");
          } finally {
            closeSync(descriptor);
          }
        }
      },
    };
    const error = await failure(options);
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.message).toMatch(
      /^cannot write .*step-000003: the disk is full; free some space and resume$/,
    );
    expect(readdirSync(path.join(folder, "checkpoints")).sort()).toEqual(["step-000001", "step-000002"]);

    const resumed = createSumsRun(folder, { ...short, resume: true });
    await train(resumed.options);
    expect(resumed.policy.weights()).toBe(whole.policy.weights());
  },
);

test("resume removes half-written files, sets damaged checkpoints aside and falls back on the newest whole checkpoint", async () => {
  const whole = createSumsRun(temporaryFolder(), short);
  await train(whole.options);

  const folder = temporaryFolder();
  await train(createSumsRun(folder, short).options);
  const checkpoints = path.join(folder, "checkpoints");
  truncateSync(path.join(checkpoints, "step-000003/trainer-state.json"), 40);
  cpSync(path.join(checkpoints, "step-000001"), path.join(checkpoints, ".step-000004.tmp-4711"), {
    recursive: true,
  });
  mkdirSync(path.join(checkpoints, "step-000005"));
  writeFileSync(path.join(folder, "rollouts/.step-000003.parquet.tmp-4711"), "PAR1");
  expect(latestCheckpoint(folder)).toBe(path.join(checkpoints, "step-000002"));

  const resumed = createSumsRun(folder, { ...short, resume: true });
  await train(resumed.options);
  expect(resumed.policy.weights()).toBe(whole.policy.weights());
  expect(readdirSync(checkpoints).sort()).toEqual([
    "damaged-step-000003",
    "damaged-step-000005",
    "step-000001",
    "step-000002",
    "step-000003",
  ]);
  expect(readdirSync(path.join(folder, "rollouts"))).toHaveLength(3);
  const warnings = resumed.events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  expect(warnings).toEqual([
    "renamed checkpoint step-000005 to damaged-step-000005: its trainer state cannot be read",
    "renamed checkpoint step-000003 to damaged-step-000003: its trainer state cannot be read",
  ]);
});

test("a checkpoint whose weights cannot be read is named, with the way out", async () => {
  const folder = temporaryFolder();
  await train(createSumsRun(folder, short).options);
  const newest = path.join(folder, "checkpoints/step-000003");
  truncateSync(path.join(newest, "model.json"), 10);
  const error = await failure(createSumsRun(folder, { ...short, resume: true }).options);
  expect(error).toBeInstanceOf(CheckpointError);
  expect(error.message).toContain(`remove ${newest} to go on from an older checkpoint`);
});

test.each<[string, Partial<TrainOptions>, string]>([
  ["another seed", { seed: 8 }, "seed 7, this run has 8"],
  ["another batch size", { promptsPerStep: 5 }, "promptsPerStep 4, this run has 5"],
  [
    "another momentum",
    { settings: { optimizer: { momentum: 0.9 } } },
    "optimizer.momentum 0.5, this run has 0.9",
  ],
  ["a setting less", { settings: {} }, "optimizer.momentum 0.5, this run has unset"],
  [
    "a warm start",
    { warmStart: { steps: 1, batchSize: 2, schedule: () => 1 } },
    "warmStart.steps unset, this run has 1",
  ],
])("resume with %s is refused, and the checkpoint stays", async (_, changes, message) => {
  const folder = temporaryFolder();
  await train(createSumsRun(folder, { ...short, steps: 1 }).options);
  const before = readFileSync(path.join(folder, "journal.jsonl"));
  const error = await failure(createSumsRun(folder, { ...short, ...changes, resume: true }).options);
  expect(error).toBeInstanceOf(CheckpointError);
  expect(error.message).toContain(message);
  expect(existsSync(path.join(folder, "checkpoints/step-000001/model.json"))).toBe(true);
  expect(readFileSync(path.join(folder, "journal.jsonl"))).toEqual(before);
});

test("a longer run may go on from a shorter one, a shorter one not from a longer", async () => {
  const whole = createSumsRun(temporaryFolder(), short);
  await train(whole.options);

  const folder = temporaryFolder();
  await train(createSumsRun(folder, { ...short, steps: 2 }).options);
  const longer = createSumsRun(folder, { ...short, resume: true });
  await train(longer.options);
  expect(longer.policy.weights()).toBe(whole.policy.weights());

  const error = await failure(createSumsRun(folder, { ...short, steps: 2, resume: true }).options);
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain("is past the 2 steps of this run");
});

test("a folder that holds a run is not overwritten", async () => {
  const folder = temporaryFolder();
  await train(createSumsRun(folder, short).options);
  const error = await failure(createSumsRun(folder, short).options);
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toBe(
    `${folder} already holds a run; add --resume to continue it, or choose another folder with --output`,
  );
});

test.each(["recipe.yaml", "notes.txt"])("a folder with no run but %s is left alone", async (name) => {
  const folder = temporaryFolder();
  const file = path.join(folder, name);
  writeFileSync(file, "mine\n");
  for (const resume of [false, true]) {
    const error = await failure(createSumsRun(folder, { ...short, resume }).options);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toBe(
      `${folder} holds no run, but "${name}"; choose a new or an empty folder with --output`,
    );
  }
  expect(readdirSync(folder)).toEqual([name]);
});

test("resume without a run starts one and says so; without a journal it still finds the checkpoint", async () => {
  const folder = temporaryFolder();
  const first = createSumsRun(folder, { ...short, resume: true });
  await train(first.options);
  expect(first.events.map(({ type }) => type).slice(0, 2)).toEqual(["run-started", "warning"]);
  rmSync(path.join(folder, "journal.jsonl"));
  const second = createSumsRun(folder, { ...short, resume: true });
  await train(second.options);
  expect(second.events.map(({ type }) => type)).toEqual(["run-started", "run-resumed", "run-finished"]);
  expect(second.policy.weights()).toBe(first.policy.weights());
});
