import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { newestCheckpoint } from "../../src/trainer/checkpoint.ts";
import { gpgrad, runFolderEntries, startGpgrad } from "../support/gpgrad.ts";

const folder = mkdtempSync(path.join(tmpdir(), "gpgrad-lock-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a run folder belongs to one process; killed, it loses it to the next", async () => {
  const run = path.join(folder, "run");
  const train = ["train", "test/support/tiny.yaml", "--output", run, "--resume"];
  // Longer than the test, so that the first process is still at work when the second one comes.
  const first = startGpgrad(...train, "--set", "train.steps=100000", "--json");
  onTestFinished(() => void first.process.kill("SIGKILL"));
  await first.seen('"step":1,');

  const second = await gpgrad(...train);
  expect({ code: second.code, output: second.output }).toEqual({ code: 1, output: "" });
  expect(second.errors).toMatch(
    new RegExp(`^error: ${run} is in use by process ${first.process.pid} on [^\\n]+ wait for it[^\\n]*\\n$`),
  );

  first.process.kill("SIGKILL");
  await first.finished;
  expect(readdirSync(run).some((name) => name.startsWith("lock-"))).toBe(true);
  const done = newestCheckpoint(run)?.state.step ?? 0;
  const third = await gpgrad(...train, "--set", "train.steps=100000", "--max-steps", String(done + 1));
  expect({ code: third.code, errors: third.errors }).toEqual({ code: 0, errors: "" });
  expect(readdirSync(run).sort()).toEqual(runFolderEntries);
});

test("of two processes that begin in the same folder, never do both train", async () => {
  const run = path.join(folder, "both");
  const train = ["train", "test/support/tiny.yaml", "--output", run, "--resume", "--json"];
  const both = await Promise.all([gpgrad(...train), gpgrad(...train)]);
  for (const { code, errors } of both) {
    expect(errors).toMatch(code === 0 ? /^$/ : /^error: [^\n]* is in use by process \d+ [^\n]*\n$/);
  }
  expect((await gpgrad(...train)).code).toBe(0);
  const steps = readFileSync(path.join(run, "journal.jsonl"), "utf8")
    .split("\n")
    .flatMap((line) => /"type":"step",.*?"step":(\d+)/.exec(line)?.[1] ?? []);
  expect(steps).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
});
