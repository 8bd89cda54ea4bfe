import { expect, test } from "vitest";
import { evaluationEvent, stepEvent } from "../../test/support/run-events.ts";
import { formatCount, formatDuration, formatPercent } from "./format.ts";
import { createProgress, metricsInWords, progressLine } from "./progress.ts";

function recorder(isTTY: boolean, columns?: number) {
  const written: string[] = [];
  let milliseconds = 0;
  return {
    written,
    text: () => written.join(""),
    pass: (seconds: number) => {
      milliseconds += seconds * 1000;
    },
    options: {
      output: { write: (text: string) => written.push(text), isTTY, columns },
      warmStartSteps: 2,
      totalSteps: 10,
      now: () => milliseconds,
    },
  };
}

test("durations, counts and shares read well at every size", () => {
  expect([0.42, 9.96, 42.4, 187, 7500].map(formatDuration)).toEqual([
    "0.4s",
    "10.0s",
    "42s",
    "3m 07s",
    "2h 05m",
  ]);
  expect([7, 1.25, 840, 12345, 1_050_000, 7.6e9].map(formatCount)).toEqual([
    "7",
    "1.3",
    "840",
    "12.3k",
    "1.05M",
    "7.60B",
  ]);
  expect(formatPercent(0.9349)).toBe("93.5%");
});

test("without a TTY: plain lines, at most one in five seconds, the last step always", () => {
  const { options, pass, text } = recorder(false);
  const progress = createProgress(options);
  for (let step = 3; step <= 10; step++) {
    pass(2);
    progress.event(stepEvent({ step, accuracy: 0.641 }));
  }
  progress.close();
  const lines = text().trimEnd().split("\n");
  expect(lines.map((line) => line.split(" ·")[0])).toEqual([
    "step 3/10",
    "step 6/10",
    "step 9/10",
    "step 10/10",
  ]);
  expect(lines[0]).toBe(
    "step 3/10 · reward 0.50 · accuracy 64.1% · 5 of 8 groups informative · 2.0s/step · 1.50k tokens/s · 14s left",
  );
  expect(text()).not.toContain("\u001b");
});

test("the time left counts what lies between steps, and ends where the run stops", () => {
  const { options, pass, text } = recorder(false);
  const progress = createProgress({ ...options, lastStep: 7 });
  for (const step of [3, 4, 5]) {
    pass(6);
    progress.event(stepEvent({ step }));
  }
  // Steps of 2 s in runs of 2, 6 and 6: 14 s for three.
  expect(text().trimEnd().split("\n").at(-1)).toMatch(/^step 5\/10 .* 2\.0s\/step .* 9\.3s left$/);
  expect(text()).toContain("step 3/10");
});

test("on a TTY: one live line that fits, and a permanent line per evaluation", () => {
  const { options, written, text } = recorder(true, 40);
  const progress = createProgress(options);
  progress.event(stepEvent({ step: 3 }));
  expect(written.at(-1)).toHaveLength(39);
  expect(written.at(-1)).toMatch(/^step 3\/10 · reward 0\.50.*…$/);
  progress.event(evaluationEvent(3, 0.5));
  expect(text()).toContain("\r\u001b[2Kevaluation (held-out) after step 3: accuracy 50.0% on 200 problems");
  expect(written.at(-1)).toMatch(/^step 3\/10/);
  progress.close();
  expect(text().endsWith("\n")).toBe(true);
});

test("KL and the share of clipped tokens are shown where the loss has them", () => {
  const { options, text } = recorder(false);
  const metrics = { kl: 0.0123456, clipLow: 0.004, clipHigh: 0.0115 };
  createProgress(options).event(stepEvent({ step: 3, metrics }));
  expect(text()).toContain(" groups informative · KL 0.012 · 1.6% clipped · ");
});

test("a reward a little below zero is no negative zero", () => {
  const { options, text } = recorder(false);
  createProgress(options).event(stepEvent({ step: 3, reward: -0.0004 }));
  expect(text()).toContain(" reward 0.00 ");
  expect(metricsInWords({ reward: -0.0004, length: -0.00004 })).toEqual(["reward 0.000", "length 0.000"]);
});

test("the warm start counts to its own end and shows its loss", () => {
  const { options, text } = recorder(false);
  createProgress(options).event(stepEvent({ step: 1, stage: "warm-start" }));
  expect(text()).toMatch(/^warm start 1\/2 · loss 0\.250 · 2\.0s\/step · .* · 2\.0s left\n$/);
});

test("says in words why a step changed nothing, once per streak, and when learning goes on", () => {
  const { options, text } = recorder(false);
  const progress = createProgress(options);
  const zeroLossReason = "all 8 groups have equal rewards (2 all right, 6 all wrong)";
  for (const step of [3, 4, 5]) {
    progress.event(stepEvent({ step, informativeGroups: 0, zeroLossReason }));
  }
  progress.event(stepEvent({ step: 6 }));
  expect(text().match(/nothing to learn from/g)).toHaveLength(1);
  expect(text()).toContain(`step 3: nothing to learn from: ${zeroLossReason}`);
  expect(text()).toContain("step 6: learning again after 3 steps without an update");
});

test("shows the warnings of a step once, at most three, and not what the signal ledger says anyway", () => {
  const { options, text } = recorder(false);
  const progress = createProgress(options);
  const time = "2026-01-01T00:00:00.000Z";
  const zeroLossReason = "all 8 groups have equal rewards";
  for (const message of ["a", "b", "c", "d", "e", `no update: ${zeroLossReason}`]) {
    progress.event({ time, type: "warning", step: 3, message });
  }
  progress.event(stepEvent({ step: 3, zeroLossReason }));
  progress.event({ time, type: "warning", step: 4, message: "the last" });
  progress.close();
  const lines = text().trimEnd().split("\n");
  expect(lines.filter((line) => line.startsWith("warning"))).toEqual([
    "warning: a",
    "warning: b",
    "warning: c",
    "warning: 2 more of this step are in journal.jsonl",
    "warning: the last",
  ]);
  expect(text().match(/all 8 groups have equal rewards/g)).toHaveLength(1);
});

test("metrics in words: shares of trouble only where there is some", () => {
  const metrics = {
    accuracy: 0.5,
    reward: 0.55,
    unscoredShare: 0,
    truncatedShare: 0.25,
    completionLength: 26.4,
  };
  expect(metricsInWords(metrics)).toEqual([
    "accuracy 50.0%",
    "reward 0.550",
    "25.0% cut at the token limit",
    "26.4 tokens a completion",
  ]);
});

test("what goes on inside a step stands behind the latest step on the live line, and nowhere else", () => {
  const live = recorder(true, 200);
  const progress = createProgress(live.options);
  progress.activity("sampling");
  expect(live.written.at(-1)).toBe("sampling");
  progress.event(stepEvent({ step: 3 }));
  progress.activity("learning");
  expect(live.written.at(-1)).toMatch(/^step 3\/10 · reward .* left · learning$/);
  const plain = recorder(false);
  createProgress(plain.options).activity("sampling");
  expect(plain.text()).toBe("");
});

test("nothing stays on the live line once the run has finished", () => {
  const { options, text } = recorder(true, 200);
  const progress = createProgress(options);
  progress.event(stepEvent({ step: 10 }));
  progress.event({ time: "2026-01-01T00:00:00.000Z", type: "run-finished", step: 10, seconds: 20 });
  progress.close();
  expect(text().endsWith("\r\u001b[2Kfinished after 10 steps, 20s\n")).toBe(true);
});

test("an evaluation under way tells its rate and the time that is left", () => {
  expect(progressLine(64, 200, 5)).toBe("64 of 200 problems · 13 problems/s · 11s left");
});
