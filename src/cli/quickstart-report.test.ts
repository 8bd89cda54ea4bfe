import { expect, test } from "vitest";
import type { Problem } from "../pipeline.ts";
import { type ReportContent, reportText } from "./quickstart-report.ts";

const problem = (prompt: string, answer: string): Problem => ({ id: prompt, prompt, answer, columns: {} });
const value = (number: number) => ({ kind: "value", value: number }) as const;

const content: ReportContent = {
  curve: {
    warmStartSteps: 10,
    lastStep: 30,
    heldOut: [
      { step: 0, value: 0 },
      { step: 10, value: 0.38 },
      { step: 30, value: 0.945 },
    ],
    reward: [
      { step: 11, value: 0.4 },
      { step: 30, value: 0.9 },
    ],
  },
  summary: { seed: 1, before: 0.38, after: 0.945, seconds: 192, parameters: 1_050_000 },
  results: [
    {
      problem: problem("7+8-5=", "10"),
      completion: "<answer>10</answer>",
      score: value(1),
      scores: { accuracy: value(1) },
    },
    {
      problem: problem("9-4+3=", "8"),
      completion: "<answer>7</answer>",
      score: value(0),
      scores: { accuracy: value(0) },
    },
  ],
  problems: 200,
  plot: "runs/quickstart/learning-curve.svg",
  runFolder: "runs/quickstart",
};

test("the report compares before and after, judges solutions and says how to go on", () => {
  const text = reportText(content);
  expect(text).toContain("Greedy accuracy on 200 held-out problems, 1.05M parameters, 3m 12s");
  expect(text).toMatch(/│ untrained +│ +0\.0% │/);
  expect(text).toMatch(/│ before \(after the warm start\) +│ +38\.0% │/);
  expect(text).toMatch(/│ after \(20 steps of GPG\) +│ +94\.5% │/);
  expect(text).toContain("✓ right   7+8-5=<answer>10</answer>");
  expect(text).toContain("✗ wrong, it is 8   9-4+3=<answer>7</answer>");
  expect(text).toContain('npx gpgrad sample runs/quickstart --prompt "7+8-5="');
});

test("a run folder with blanks is quoted for the shell", () => {
  expect(reportText({ ...content, runFolder: "my run's" })).toContain(
    "npx gpgrad sample 'my run'\\''s' --prompt",
  );
});
