import { internalError } from "../../errors.ts";

/** Completions of one problem that gave the same answer. */
export interface AnswerClass {
  size: number;
  /** The share of them that was graded right: 0 or 1 where the grader agrees with itself. */
  right: number;
}

/**
 * The chance that the most frequent answer among `k` completions, drawn without replacement, is right. Between answers that
 * are equally frequent a coin decides. `abstained` completions have no answer: they can be drawn but are never chosen, and
 * where all abstain nothing is right.
 *
 * Each class contributes a binomial number of votes; given their sum k, the votes follow the hypergeometric distribution
 * of drawing without replacement whatever the binomials' p is, and p = k / n keeps all terms in range.
 */
export function majorityAtK(classes: readonly AnswerClass[], abstained: number, k: number): number {
  const total = classes.reduce((sum, { size }) => sum + size, abstained);
  if (!(k >= 1 && k <= total)) {
    throw internalError(`maj@${k} of ${total} completions`);
  }
  const share = k / total;
  const sizes = classes.map(({ size }) => size);
  let chance = 0;
  classes.forEach(({ size, right }, index) => {
    for (let votes = 1; right > 0 && votes <= Math.min(size, k); votes++) {
      const rivals = sizes.filter((_, other) => other !== index);
      const wins = winningWeight(rivals, abstained, votes, k - votes, share);
      chance += right * binomial(size, votes, share) * wins;
    }
  });
  return Math.min(1, chance / binomial(total, k, share));
}

/**
 * The weight of all ways in which rivals and abstentions take `rest` draws together and no rival more than `votes`, each
 * divided by the number of answers that share the lead.
 */
function winningWeight(
  rivals: readonly number[],
  abstained: number,
  votes: number,
  rest: number,
  share: number,
): number {
  // weights[ties][drawn]
  let weights = [Array.from({ length: rest + 1 }, (_, drawn) => binomial(abstained, drawn, share))];
  for (const size of rivals) {
    const next = Array.from({ length: weights.length + (size >= votes ? 1 : 0) }, () =>
      new Array<number>(rest + 1).fill(0),
    );
    for (let own = 0; own <= Math.min(size, votes, rest); own++) {
      const weight = binomial(size, own, share);
      weights.forEach((row, ties) => {
        const target = next[ties + (own === votes ? 1 : 0)]!;
        for (let drawn = own; drawn <= rest; drawn++) {
          target[drawn]! += weight * row[drawn - own]!;
        }
      });
    }
    weights = next;
  }
  return weights.reduce((sum, row, ties) => sum + row[rest]! / (ties + 1), 0);
}

/** The chance of `count` successes in `trials`. */
function binomial(trials: number, count: number, share: number): number {
  if (count > trials) {
    return 0;
  }
  if (share === 1) {
    return count === trials ? 1 : 0;
  }
  const logChoices = logFactorial(trials) - logFactorial(count) - logFactorial(trials - count);
  return Math.exp(logChoices + count * Math.log(share) + (trials - count) * Math.log1p(-share));
}

const logFactorials = [0];

function logFactorial(value: number): number {
  for (let next = logFactorials.length; next <= value; next++) {
    logFactorials.push(logFactorials[next - 1]! + Math.log(next));
  }
  return logFactorials[value]!;
}
