import { z } from "zod";
import { splitWords } from "../python-text.ts";
import { compat } from "./compat.ts";
import type { Reward } from "./reward.ts";
import { valueScore } from "./score.ts";

/** Upstream's names: `ngram_size` and `max_penalty`. */
export const repetitionPenaltyParameters = z.strictObject({
  compat,
  ngramSize: z.int().min(1).default(3),
  maxPenalty: z.number().max(0).default(-1),
});

/**
 * `maxPenalty` times the share of the completion's n-grams of words that stood before, case ignored; 0 for fewer words
 * than n (arXiv 2502.03373, appendix C.2). Upstream: `get_repetition_penalty_reward`.
 */
export function createRepetitionPenaltyReward({
  ngramSize,
  maxPenalty,
}: z.output<typeof repetitionPenaltyParameters>): Reward {
  return {
    name: "repetition_penalty",
    highest: 0,
    goldEarnsHighest: false,
    score: ({ completion }) => {
      const words = splitWords(completion.toLowerCase());
      const total = words.length - ngramSize + 1;
      return valueScore(total < 1 ? 0 : (1 - distinct(words, ngramSize) / total) * maxPenalty);
    },
  };
}

/**
 * The number of different n-grams. Each is known by a number: that of two shorter ones, which may overlap, so that about
 * log2(n) passes over the words will do.
 */
function distinct(words: readonly string[], ngramSize: number): number {
  let numbers = numbered(words);
  for (let size = 1; size < ngramSize; ) {
    const next = Math.min(2 * size, ngramSize);
    const step = next - size;
    const count = numbers.length;
    const pairs = Array.from(
      { length: numbers.length - step },
      (_, start) => numbers[start]! * count + numbers[start + step]!,
    );
    numbers = numbered(pairs);
    size = next;
  }
  return new Set(numbers).size;
}

/** For each value the number of its first occurrence among the different ones. */
function numbered<Value>(values: readonly Value[]): number[] {
  const numbers = new Map<Value, number>();
  return values.map((value) => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  });
}
