import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { latestCheckpoint } from "../../src/trainer/checkpoint.ts";
import { gpgrad, jsonLines, startGpgrad } from "../support/gpgrad.ts";

const recipe = "test/support/tiny-comparison.yaml";
const ids = ["start", "plain", "corrected"].flatMap((name) => [`seed-1/${name}`, `seed-2/${name}`]);

let folder: string;
let whole: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "gpgrad-compare-"));
  whole = path.join(folder, "whole");
  const { code, errors } = await gpgrad("compare", recipe, "--output", whole);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const compare = (output: string, ...more: string[]) => ["compare", recipe, "--output", output, ...more];
const read = (...names: string[]) => readFileSync(path.join(...names), "utf8");

/** The report without what depends on the machine. */
function report(comparison: string) {
  const withoutTimes = (key: string, value: unknown) => (key === "seconds" ? undefined : value);
  return {
    report: JSON.stringify(JSON.parse(read(comparison, "report.json"), withoutTimes)),
    text: read(comparison, "report.md").replaceAll(/ +\d[\dhms. ]*[ms] \|/g, " TIME |"),
    curves: read(comparison, "curves.svg"),
  };
}

test("killed at any run and started again, it repeats no finished run and ends with the same report", async () => {
  const killed = path.join(folder, "killed");
  const finished = new Map<string, string>();
  for (const during of ["seed-1/corrected", "seed-2/plain"]) {
    const running = startGpgrad(...compare(killed, "--json"));
    await running.seen(`{"run":"${during}"`);
    running.process.kill("SIGKILL");
    expect((await running.finished).signal).toBe("SIGKILL");
    for (const [run, journal] of finished) {
      expect(read(killed, run, "journal.jsonl"), run).toBe(journal);
    }
    for (const run of ids.filter((id) => existsSync(path.join(killed, id, "journal.jsonl")))) {
      const journal = read(killed, run, "journal.jsonl");
      if (journal.trimEnd().split("\n").at(-1)!.includes('"run-finished"')) {
        finished.set(run, journal);
      }
    }
  }
  expect([...finished.keys()].sort()).toEqual(
    expect.arrayContaining(["seed-1/corrected", "seed-1/plain", "seed-1/start", "seed-2/start"]),
  );
  const { code, errors } = await gpgrad(...compare(killed));
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  expect(report(killed)).toEqual(report(whole));
  for (const [run, journal] of finished) {
    expect(read(killed, run, "journal.jsonl"), run).toBe(journal);
  }
  expect(readdirSync(killed).filter((name) => name.startsWith(".") || name.startsWith("lock"))).toEqual([]);
});

test("interrupted in the last step of a run, it stops there, and that run is evaluated the next time", async () => {
  const stopped = path.join(folder, "stopped");
  const command = compare(stopped, "--set", "seeds=[1]", "--json");
  const running = startGpgrad(...command);
  await running.seen('"stage":"train","step":4');
  running.process.kill("SIGINT");
  const { code, output } = await running.finished;
  expect(code).toBe(0);
  const begun = jsonLines(output).filter(({ type }) => type === "run");
  expect(begun.map(({ run }) => run)).toEqual(["seed-1/start", "seed-1/plain"]);
  expect((await gpgrad(...command)).code).toBe(0);
  const measured = (comparison: string) =>
    (JSON.parse(read(comparison, "report.json")).runs as { seed: number; after: number }[])
      .filter(({ seed }) => seed === 1)
      .map(({ after }) => after);
  expect(measured(stopped)).toEqual(measured(whole));
});

test("arms begin from the weights of their seed's start and share its budget; seeds and arms differ", () => {
  const { runs } = JSON.parse(read(whole, "report.json")) as {
    runs: {
      seed: number;
      arm: string;
      before: number;
      outcome: { samples: number; rewards: { reward: number }[] };
    }[];
  };
  expect(runs.map(({ seed, arm }) => `${seed} ${arm}`)).toEqual([
    "1 plain",
    "1 corrected",
    "2 plain",
    "2 corrected",
  ]);
  expect(runs.every(({ outcome }) => outcome.samples === 128)).toBe(true);
  const rewards = runs.map(({ outcome }) => outcome.rewards.map(({ reward }) => reward));
  // What the first step samples depends on the start alone.
  expect(rewards[0]![0]).toBe(rewards[1]![0]);
  expect(rewards[2]![0]).toBe(rewards[3]![0]);
  const weights = ids
    .filter((id) => !id.endsWith("start"))
    .map((id) => readFileSync(path.join(latestCheckpoint(path.join(whole, id))!, "model.safetensors")));
  expect(new Set(weights.map((each) => each.toString("base64"))).size).toBe(4);
});

test("a finished comparison is told again without a run", async () => {
  const before = ids.map((id) => read(whole, id, "journal.jsonl"));
  const { code, output } = await gpgrad(...compare(whole, "--json"));
  expect(code).toBe(0);
  expect(jsonLines(output)).toMatchObject([
    { type: "result", finishedRuns: 6, plannedRuns: 6, failures: [] },
  ]);
  expect(ids.map((id) => read(whole, id, "journal.jsonl"))).toEqual(before);
});

test("its runs are run folders like any other", async () => {
  const { code, output } = await gpgrad("eval", path.join(whole, "seed-2/corrected"), "--json");
  expect(code).toBe(0);
  const runs = JSON.parse(read(whole, "report.json")).runs as { after: number }[];
  expect(jsonLines(output).at(-1)).toMatchObject({
    type: "summary",
    metrics: { accuracy: runs.at(-1)!.after },
  });
});

test("a changed recipe is refused with the difference; a further seed is not", async () => {
  const changed = await gpgrad(...compare(whole, "--set", "arms.corrected.algorithm.alpha=tokens"));
  expect(changed.code).toBe(2);
  expect(changed.errors).toBe(
    `error: ${whole} was begun with arms.corrected.algorithm.alpha "groups", now it is "tokens"; set it back, or choose another folder with --output\n`,
  );
  const more = await gpgrad(...compare(whole, "--set", "seeds=[1, 2, 3]", "--dry-run"));
  expect(more.code).toBe(0);
  expect(more.output).toContain("3 runs of 9 to go: about ");
});

test("a start whose checkpoints are gone fails its arms by name", async () => {
  const output = path.join(folder, "lost");
  cpSync(whole, output, { recursive: true });
  rmSync(path.join(output, "seed-1/start/checkpoints"), { recursive: true });
  rmSync(path.join(output, "seed-1/plain"), { recursive: true });
  const { code, errors } = await gpgrad(...compare(output));
  expect(code).toBe(1);
  expect(errors).toMatch(
    /^error: 1 of 6 runs failed, the first: seed-1\/plain: .*seed-1\/start: the warm start .* has no checkpoint any more; delete the folder/m,
  );
});

test("a run that fails is told and tried again the next time; the others go on", async () => {
  const output = path.join(folder, "failing");
  const obstacle = path.join(output, "seed-1/plain");
  mkdirSync(path.dirname(obstacle), { recursive: true });
  writeFileSync(obstacle, "in the way");
  const failed = await gpgrad(...compare(output, "--set", "seeds=[1]"));
  expect(failed.code).toBe(1);
  expect(failed.errors).toMatch(
    /error: 1 of 3 runs failed, the first: seed-1\/plain: .*; the same command tries them again\n$/,
  );
  expect(read(output, "report.md")).toContain("**seed-1/plain failed:**");
  expect(JSON.parse(read(output, "report.json"))).toMatchObject({ finishedRuns: 2, plannedRuns: 3 });
  rmSync(obstacle);
  const { code, output: told } = await gpgrad(...compare(output, "--set", "seeds=[1]", "--json"));
  expect(code).toBe(0);
  const begun = jsonLines(told).filter(({ type }) => type === "run");
  expect(begun).toEqual([{ type: "run", run: "seed-1/plain", done: 2, total: 3, resumed: false }]);
  expect(JSON.parse(read(output, "report.json"))).toMatchObject({ finishedRuns: 3, failures: [] });
});
