import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isTemporaryName } from "../../src/atomic-file.ts";
import { newestCheckpoint } from "../../src/trainer/checkpoint.ts";
import { readJournal } from "../../src/trainer/journal.ts";
import { gpgrad, startGpgrad } from "../support/gpgrad.ts";

/** `npm run test:kill` makes the full trial of it. */
const kills = Number(process.env.GPGRAD_KILLS ?? 4);
const totalSteps = 9;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gpgrad-kill-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** On two threads, which must not add up sums in the order in which they happen to finish. */
const train = (run: string) => [
  ...["train", "test/support/tiny.yaml", "--set", "compute.threads=2", "--output", run, "--resume"],
];

const namesIn = (directory: string) => (existsSync(directory) ? readdirSync(directory) : []);

/** Everything that must not depend on kills: weights, optimizer, rollouts, and the journal without its times. */
function outcome(run: string) {
  const rollouts = path.join(run, "rollouts");
  const checkpoint = path.join(run, "checkpoints", `step-00000${totalSteps}`);
  const files = ["model.safetensors", "optimizer.safetensors"].map((name) => path.join(checkpoint, name));
  const logs = readdirSync(rollouts)
    .sort()
    .map((name) => path.join(rollouts, name));
  const events = readJournal(path.join(run, "journal.jsonl")).flatMap((event) => {
    if (event.type !== "step" && event.type !== "evaluation") {
      return [];
    }
    const { time, seconds, ...rest } = event;
    return [rest];
  });
  return { files: [...files, ...logs].map((file) => readFileSync(file).toString("base64")), events };
}

type Instant =
  | "before the first step"
  | "in a later step"
  | "after a step, before its checkpoint"
  | "while a checkpoint was written or removed";

/** What the kill hit, as the folder shows it; checks that no more than the step in flight is lost. */
function examine(run: string, killed: number | undefined): Instant {
  const steps = readJournal(path.join(run, "journal.jsonl")).flatMap((event) =>
    event.type === "step" ? [event.step] : [],
  );
  const recorded = Math.max(0, ...steps);
  const saved = newestCheckpoint(run)?.state.step ?? 0;
  expect(saved).toBeGreaterThanOrEqual(recorded - 1);
  if (namesIn(path.join(run, "checkpoints")).some((name) => name.endsWith(`.tmp-${killed}`))) {
    return "while a checkpoint was written or removed";
  }
  if (recorded === 0) {
    return "before the first step";
  }
  return recorded === saved ? "in a later step" : "after a step, before its checkpoint";
}

test(`killed at ${kills} random instants and resumed, a run ends with the same bits`, {
  timeout: 1_800_000,
}, async () => {
  const whole = path.join(folder, "whole");
  const start = performance.now();
  expect((await gpgrad(...train(whole))).code).toBe(0);
  const wholeTime = performance.now() - start;
  const expected = outcome(whole);

  const instants: Instant[] = [];
  for (let attempt = 1; instants.length < kills; attempt++) {
    const run = path.join(folder, `killed-${attempt}`);
    while (instants.length < kills) {
      const running = startGpgrad(...train(run));
      await Promise.race([sleep(Math.random() * wholeTime), running.finished]);
      running.process.kill("SIGKILL");
      const { signal, code } = await running.finished;
      if (signal !== "SIGKILL") {
        expect(code).toBe(0);
        break;
      }
      instants.push(examine(run, running.process.pid));
    }
    const { code, errors } = await gpgrad(...train(run));
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(outcome(run)).toEqual(expected);
    expect([...namesIn(run), ...namesIn(path.join(run, "checkpoints"))].filter(isTemporaryName)).toEqual([]);
  }
  const counts = [...new Set(instants)].map(
    (instant) => `${instants.filter((each) => each === instant).length} ${instant}`,
  );
  console.log(`killed ${kills} times, always the same bits: ${counts.join(", ")}`);
});
