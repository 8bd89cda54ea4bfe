import { ConfigError } from "../errors.ts";
import type { Score } from "../pipeline.ts";

/**
 * The weighted sum of the rewards that gave a value; where none did, the first other verdict. A reward of weight 0 is
 * only watched: its value alone does not make a rollout scored. A value that is no finite number counts as an error.
 * Throws a `ConfigError` for a reward without a weight.
 */
export function combineScores(
  scores: Readonly<Record<string, Score>>,
  weights: Readonly<Record<string, number>>,
): Score {
  const weighted = Object.entries(scores)
    .map(([name, score]) => ({ weight: weightOf(name, weights), score: finite(name, score) }))
    .filter(({ weight }) => weight !== 0);
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
