import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { chooseRunFolder } from "./run-output.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "gpgrad-output-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function addRun(name: string): void {
  mkdirSync(path.join(root, name));
  writeFileSync(path.join(root, name, "journal.jsonl"), "{}\n");
}

const choose = (name: string, resume: boolean) =>
  path.relative(root, chooseRunFolder({ name }, { resume, root }));

test("a named output is taken as it is", () => {
  expect(chooseRunFolder({ name: "a", output: "x/y" }, { resume: false })).toBe("x/y");
});

test("else the first free folder of its name, or with resume the last that holds a run", () => {
  expect(chooseRunFolder({ name: "no-such-run" }, { resume: true })).toBe("runs/no-such-run");
  expect(choose("a", false)).toBe("a");
  expect(choose("a", true)).toBe("a");
  addRun("a");
  expect(choose("a", false)).toBe("a-2");
  expect(choose("a", true)).toBe("a");
  addRun("a-2");
  expect(choose("a", false)).toBe("a-3");
  expect(choose("a", true)).toBe("a-2");
  expect(choose("b", false)).toBe("b");
});
