import type { MathGradingOptions, Reading } from "./options.ts";

const strictCompletion: Reading = {
  targets: [
    {
      kind: "latex",
      boxedPriority: 0,
      withoutAnchor: false,
      cleaning: { nits: false, malformedOperators: false, equations: true },
    },
  ],
  mode: "first-match",
};

/** How open-r1's `accuracy_reward` calls math-verify: gold answers must be LaTeX, answers boxed or announced. */
export const openR1AccuracyGrading: MathGradingOptions = {
  compat: "math-verify",
  gold: { targets: [{ kind: "latex" }], mode: "first-match" },
  completion: strictCompletion,
  order: "completion-first",
};

/** How open-r1's `accuracy_reward_lv35` does. Its gold text is `openR1Lv35Gold(answer)`. */
export const openR1Lv35Grading: MathGradingOptions = {
  compat: "math-verify",
  gold: { mode: "first-match" },
  completion: strictCompletion,
  order: "completion-first",
};

/** The box that upstream puts the gold answer in lacks its braces and has a backslash too many. */
export function openR1Lv35Gold(answer: string): string {
  return `$\\\\boxed${answer}$`;
}
