import { z } from "zod";
import { taskRewardsSchema } from "../task-rewards.ts";

const level = z.int().min(1).max(8);

/**
 * `levels`: operations in a problem; each level has an equal share of every split.
 * `digits`: numbers run from 1 to the largest of this many digits.
 * `highestTotal`: no partial result is above it; 9 leaves about a hundred facts to know, and chains of any length to follow.
 * `trainSize`, `heldOutSize`: problems in each split. Training problems are drawn on demand, so their number is free.
 * `workedShare`: share of demonstrations that show the work. The others answer at once, and so does a model that
 *   imitates them: below one half, its most likely completion is a guess, and there is something left to learn.
 * `unworkedAnswers`: what the other demonstrations answer: `right`, or `guessed`, a number of as many digits, as a teacher
 *   would who cannot be bothered. Nothing can be learned from a guess but to guess, whatever the model.
 * `demonstratedLevels`: levels whose problems have a demonstration; all by default.
 * `rewards`: by name, with weight; replaces the default as a whole.
 */
export const arithmeticParameters = z.strictObject({
  levels: z.array(level).min(1).default([3, 4, 5]),
  digits: z.int().min(1).max(3).default(1),
  highestTotal: z.int().min(1).max(1_000_000).default(1_000_000),
  trainSize: z.int().min(1).max(10_000_000).default(100_000),
  heldOutSize: z.int().min(1).max(100_000).default(200),
  workedShare: z.number().min(0).max(1).default(1),
  unworkedAnswers: z.enum(["right", "guessed"]).default("right"),
  demonstratedLevels: z.array(level).optional(),
  rewards: taskRewardsSchema.default({ accuracy: 1, format: 0.1 }),
});

export type ArithmeticParameters = z.output<typeof arithmeticParameters>;
