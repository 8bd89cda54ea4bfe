import { expect, test } from "vitest";
import { createEvaluationProgress, progressLine } from "./evaluation-progress.ts";

test("the rate is that of this process, what was done before counts as done", () => {
  const state = { benchmark: "aime24", total: 480, before: 100, drawn: 20, tokens: 4000, seconds: 10 };
  expect(progressLine(state)).toBe(
    "aime24 · 120 of 480 completions · 2 completions/s · 400 tokens/s · 3m 00s left",
  );
  expect(progressLine({ ...state, drawn: 2 })).toBe(
    "aime24 · 102 of 480 completions · 5.0s a completion · 400 tokens/s · 31m 30s left",
  );
  expect(progressLine({ ...state, drawn: 0 })).toBe("aime24 · 100 of 480 completions · 400 tokens/s");
});

test("without a terminal it writes a plain line now and then, at one a line that is wiped at the end", () => {
  let time = 0;
  const run = (isTTY: boolean): string => {
    let text = "";
    const output = { write: (piece: string) => (text += piece), isTTY };
    const progress = createEvaluationProgress(output, { total: 8, before: 0 }, () => time);
    for (const finished of [0, 1, 2, 3]) {
      time += 6000;
      progress.update("amc23", { finished, completionTokens: 60 * finished, total: 4 });
    }
    progress.add(4, 240);
    time += 6000;
    progress.update("amc23", { finished: 1, completionTokens: 60, total: 4 });
    progress.close();
    return text;
  };
  const plain = run(false);
  expect(plain.split("\n")).toHaveLength(3);
  expect(plain).not.toContain("\u001b");
  const shown = run(true);
  expect(shown).toContain("5 of 8 completions");
  expect(shown).not.toContain("\n");
  expect(shown.endsWith("\r\u001b[2K")).toBe(true);
});
