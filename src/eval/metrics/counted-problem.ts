import type { Verdict } from "../../tasks/benchmark/grade-completion.ts";
import { type AnswerClass, majorityAtK } from "./majority-at-k.ts";
import { passAtK } from "./pass-at-k.ts";

/** What metrics need to know of a problem's completions. */
export interface CountedProblem {
  samples: number;
  right: number;
  /** Completions by their answer. */
  classes: readonly AnswerClass[];
  /** Completions without an answer. */
  abstained: number;
}

export interface Vote {
  /** null where there is none. */
  extracted: string | null;
  verdict: Verdict;
}

/**
 * Puts answers into classes, each compared with the first of every class in the order in which classes came up. Null where
 * the completions are unscorable: nobody can tell what the problem's answer is.
 */
export function countProblem(
  votes: readonly Vote[],
  same: (a: string, b: string) => boolean,
): CountedProblem | null {
  if (votes.some(({ verdict }) => verdict === "unscorable")) {
    return null;
  }
  const classes: { first: string; size: number; right: number }[] = [];
  for (const { extracted, verdict } of votes) {
    if (extracted !== null) {
      let own = classes.find(({ first }) => same(first, extracted));
      if (own === undefined) {
        own = { first: extracted, size: 0, right: 0 };
        classes.push(own);
      }
      own.size += 1;
      own.right += verdict === "right" ? 1 : 0;
    }
  }
  return {
    samples: votes.length,
    right: votes.filter(({ verdict }) => verdict === "right").length,
    classes: classes.map(({ size, right }) => ({ size, right: right / size })),
    abstained: votes.filter(({ extracted }) => extracted === null).length,
  };
}

/** A number for each problem, by its name: `pass@1`, `avg@16`, `pass@8`, `maj@8`. */
export type ProblemMetrics = Readonly<Record<string, (problem: CountedProblem) => number>>;

/** Those of n completions a problem, with k in powers of two and n itself. */
export function problemMetrics(samples: number): ProblemMetrics {
  const ks: number[] = [];
  for (let k = 2; k < samples; k *= 2) {
    ks.push(k);
  }
  const many = samples > 1 ? [...ks, samples] : [];
  return {
    "pass@1": ({ samples, right }) => passAtK(samples, right, 1),
    ...(samples > 1 && { [`avg@${samples}`]: ({ samples, right }: CountedProblem) => right / samples }),
    ...Object.fromEntries(
      many.map((k) => [
        `pass@${k}`,
        ({ samples, right }: CountedProblem): number => passAtK(samples, right, k),
      ]),
    ),
    ...Object.fromEntries(
      many.map((k) => [
        `maj@${k}`,
        ({ classes, abstained }: CountedProblem): number => majorityAtK(classes, abstained, k),
      ]),
    ),
  };
}
