import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { capturedProgram } from "../../test/support/captured-program.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gpgrad-program-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) => capturedProgram(args);

test.each([
  ["--help"],
  ["train", "--help"],
  ["eval", "--help"],
  ["sample", "--help"],
  ["inspect", "--help"],
  ["doctor", "--help"],
  ["recipe", "show", "--help"],
  ["merge", "--help"],
  ["reward", "--help"],
  ["quickstart", "--help"],
])("%s %s explains itself on stdout", async (...args) => {
  const { code, output, errors } = await run(...args);
  expect(code).toBe(0);
  expect(output).toContain("Usage: gpgrad");
  expect(errors).toBe("");
  if (args.length > 1) {
    expect(output).toContain("--json");
  }
});

test("--version prints the version of the package", async () => {
  expect(await run("--version")).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test.each([
  [["fly"], "unknown command 'fly'"],
  [["train"], "missing required argument 'recipe'"],
  [["train", "a.yaml", "--max-step", "3"], "unknown option '--max-step' (Did you mean --max-steps?)"],
  [["train", "a.yaml", "--max-steps", "0"], "Expected a whole number of at least 1."],
  [["train", "a.yaml", "--seed", "one"], "Expected a whole number from 0 to 4294967295."],
  [["sample", "a", "--seed", "4294967296"], "Expected a whole number from 0 to 4294967295."],
  [["sample", "a"], "required option '--prompt <text>' not specified"],
  [["sample", "a", "--prompt", "x", "--top-p", "2"], "Expected a number from 0 to 1."],
  [["quickstart", "extra"], "too many arguments"],
])("wrong use %j exits 2 with one line on stderr", async (args, message) => {
  const { code, output, errors } = await run(...args);
  expect(code).toBe(2);
  expect(output).toBe("");
  expect(errors).toContain(message);
  expect(errors.trimEnd()).not.toContain("\n");
});

test("a missing recipe exits 2 and names it", async () => {
  expect(await run("train", "nowhere.yaml")).toEqual({
    code: 2,
    output: "",
    errors: "error: nowhere.yaml: the recipe cannot be read: there is no such file\n",
  });
});

test("a bad key exits 2, in --json too", async () => {
  const { code, output, errors } = await run(
    "train",
    "recipes/quickstart.yaml",
    "--set",
    "train.stpes=3",
    "--json",
  );
  expect(code).toBe(2);
  expect(output).toBe("");
  expect(errors).toContain("did you mean train.steps?");
});

test("a folder that is no model exits 1 and says what is missing", async () => {
  const empty = path.join(folder, "empty");
  mkdirSync(empty);
  const { code, errors } = await run("sample", empty, "--prompt", "1+1=");
  expect(code).toBe(1);
  expect(errors).toMatch(
    /^error: .*empty: neither a model folder \(no config\.json\) nor an adapter \(no adapter_config\.json\) nor a run/,
  );
  expect((await run("eval", path.join(folder, "gone"))).errors).toContain("there is no such folder");
});

test("a model folder alone does not say what to evaluate", async () => {
  const model = path.join(folder, "model");
  mkdirSync(model);
  writeFileSync(path.join(model, "config.json"), "{}");
  expect(await run("eval", model)).toMatchObject({
    code: 2,
    errors: expect.stringContaining("add --recipe FILE"),
  });
});

test("no stack trace unless asked for", async () => {
  expect((await run("train", "nowhere.yaml")).errors).not.toContain("    at ");
  expect((await run("train", "nowhere.yaml", "--debug")).errors).toContain("    at ");
});
