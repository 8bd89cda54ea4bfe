import { ConfigError } from "../errors.ts";
import type { Score } from "../pipeline.ts";

/**
 * The weighted sum of the rewards that gave a value. A reward that failed (`error`, `timeout`) leaves it unknown what it
 * would have added, so its verdict is that of the rollout; one that is `unscorable` adds nothing, and decides only where
 * none gave a value. A reward of weight 0 is only watched. A value that is no finite number counts as an error. Throws a
 * `ConfigError` for a reward without a weight.
 */
export function combineScores(
  scores: Readonly<Record<string, Score>>,
  weights: Readonly<Record<string, number>>,
): Score {
  const weighted = Object.entries(scores)
    .map(([name, score]) => ({ weight: weightOf(name, weights), score: finite(name, score) }))
    .filter(({ weight }) => weight !== 0);
  const failed = weighted.find(({ score: { kind } }) => kind === "error" || kind === "timeout");
  if (failed !== undefined) {
    return failed.score;
  }
  const values = weighted.flatMap(({ weight, score }) =>
    score.kind === "value" ? [weight * score.value] : [],
  );
  if (values.length > 0) {
    return finite("weighted sum", {
      kind: "value",
      value: values.reduce((total, value) => total + value, 0),
    });
  }
  return weighted[0]?.score ?? { kind: "unscorable", reason: "no reward with a weight other than 0" };
}

function weightOf(name: string, weights: Readonly<Record<string, number>>): number {
  const weight = weights[name];
  if (weight === undefined || !Number.isFinite(weight)) {
    throw new ConfigError(`the weight of reward ${name} is ${weight}; give it a finite number`);
  }
  return weight;
}

function finite(name: string, score: Score): Score {
  return score.kind === "value" && !Number.isFinite(score.value)
    ? { kind: "error", reason: `${name} gave ${score.value} instead of a finite number` }
    : score;
}
