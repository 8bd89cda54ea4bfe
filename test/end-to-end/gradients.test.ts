import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gpgrad, jsonLines } from "../support/gpgrad.ts";

let folder: string;
let run: string;
let rollouts: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "gpgrad-gradients-"));
  run = path.join(folder, "run");
  rollouts = path.join(run, "rollouts/step-000031.parquet");
  // Long enough for some answers to be right, so that there are differences to learn from.
  const { code } = await gpgrad(
    ...["train", "test/support/tiny.yaml", "--output", run, "--set", "warmStart.steps=30"],
    ...["--set", "train.steps=1", "--set", "train.promptsPerStep=16", "--set", "evaluate.problems=0"],
  );
  expect(code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a run's rollouts are measured at its checkpoint under every loss", async () => {
  const { code, output, errors } = await gpgrad("gradients", run, "--rollouts", rollouts, "--json");
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  const lines = jsonLines(output) as { type: string; name: string; norm: number }[];
  const losses = lines.filter(({ type }) => type === "loss");
  expect(losses.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "gpg-plain",
      "gpg-std",
      "gpg-alpha",
      "grpo",
      "dr-grpo",
      "dapo",
      "rloo",
      "reinforce++",
      "sft",
    ]),
  );
  expect(losses.every(({ norm }) => norm > 0)).toBe(true);
  expect(lines.at(-1)).toMatchObject({ type: "cosines", losses: losses.map(({ name }) => name) });
  const { cosines } = lines.at(-1) as unknown as { cosines: number[][] };
  cosines.forEach((row, index) => {
    expect(row[index]).toBeCloseTo(1, 9);
  });
  const at = (name: string) => losses.findIndex((loss) => loss.name === name);
  // The run's own algorithm is GPG as in the paper, which differs from these by a factor.
  expect(cosines[at("recipe")]![at("gpg-plain")]).toBeCloseTo(1, 5);
  expect(cosines[at("recipe")]![at("dr-grpo")]).toBeCloseTo(1, 5);
});

test("a person gets two tables, of the losses that were asked for", async () => {
  const checkpoint = path.join(run, "checkpoints/step-000031");
  const { code, output } = await gpgrad(
    ...["gradients", checkpoint, "--rollouts", rollouts, "--loss", "grpo", "--loss", "gpg-plain"],
  );
  expect(code).toBe(0);
  expect(output).toMatch(/^loss +norm +grpo +gpg-plain$/m);
  expect(output).toMatch(/^grpo +\S+ +1\.000 +-?[01]\.\d{3}$/m);
  expect(output).toMatch(/^layers\.0 +\S+ +\S+$/m);
});

test.each([
  [["--rollouts", "nowhere.parquet"], /--rollouts nowhere\.parquet: there is no such file/],
  [["--rollouts", "ROLLOUTS", "--loss", "grpp"], /--loss grpp: there is no such loss; did you mean "grpo"\?/],
] as const)("mistakes are refused in one line: %j", async (given, message) => {
  const args = given.map((argument) => (argument === "ROLLOUTS" ? rollouts : argument));
  const { code, errors } = await gpgrad("gradients", run, ...args);
  expect(code).toBe(2);
  expect(errors).toMatch(message);
  expect(errors.trim().split("\n")).toHaveLength(1);
});
