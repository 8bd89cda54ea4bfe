import { expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import type { Score } from "../pipeline.ts";
import { combineScores } from "./combine-scores.ts";

const value = (value: number): Score => ({ kind: "value", value });
const unscorable: Score = { kind: "unscorable", reason: "no gold answer" };
const timeout: Score = { kind: "timeout", reason: "10 s" };

test("sums the values by their weights", () => {
  expect(combineScores({ accuracy: value(1), format: value(0.5) }, { accuracy: 2, format: 0.5 })).toEqual(
    value(2.25),
  );
});

test("takes no part of a sum for the whole where a reward failed", () => {
  const error: Score = { kind: "error", reason: "boom" };
  const weights = { accuracy: 1, format: 0.5 };
  expect(combineScores({ accuracy: timeout, format: value(1) }, weights)).toEqual(timeout);
  expect(combineScores({ accuracy: value(1), format: error }, weights)).toEqual(error);
  expect(combineScores({ accuracy: unscorable, format: error }, weights)).toEqual(error);
  expect(combineScores({ accuracy: timeout, format: value(1) }, { accuracy: 0, format: 2 })).toEqual(
    value(2),
  );
});

test("ignores what is unscorable as long as one reward gave one", () => {
  expect(combineScores({ accuracy: unscorable, format: value(1) }, { accuracy: 1, format: 0.5 })).toEqual(
    value(0.5),
  );
});

test("passes on the first verdict where none gave a value", () => {
  expect(combineScores({ accuracy: timeout, format: unscorable }, { accuracy: 1, format: 1 })).toEqual(
    timeout,
  );
});

test("does not take a reward of weight 0 for a score", () => {
  expect(combineScores({ accuracy: unscorable, length: value(9) }, { accuracy: 1, length: 0 })).toEqual(
    unscorable,
  );
  expect(combineScores({ length: value(9) }, { length: 0 }).kind).toBe("unscorable");
  expect(combineScores({}, {}).kind).toBe("unscorable");
});

test("takes NaN and infinity for errors", () => {
  expect(combineScores({ accuracy: value(Number.NaN) }, { accuracy: 1 })).toEqual({
    kind: "error",
    reason: "accuracy gave NaN instead of a finite number",
  });
  expect(combineScores({ accuracy: value(1e308) }, { accuracy: 1e3 }).kind).toBe("error");
});

test("names a reward without a weight", () => {
  const combine = () => combineScores({ accuracy: value(1) }, { format: 1 });
  expect(combine).toThrow(ConfigError);
  expect(combine).toThrow("the weight of reward accuracy is undefined");
});
