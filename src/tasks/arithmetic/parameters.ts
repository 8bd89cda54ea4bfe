import { z } from "zod";
import { taskRewardsSchema } from "../task-rewards.ts";

const level = z.int().min(1).max(8);

/**
 * `levels`: operations in a problem; each level has an equal share of every split.
 * `digits`: numbers run from 1 to the largest of this many digits.
 * `train_size`, `held_out_size`: problems in each split. Training problems are drawn on demand, so their number is free.
 * `worked_share`: share of demonstrations that show the work. The others answer at once, and so does a model that
 *   imitates them: below one half, its most likely completion is a guess, and there is something left to learn.
 * `demonstrated_levels`: levels whose problems have a demonstration; all by default.
 * `rewards`: by name, with weight; replaces the default as a whole.
 */
export const arithmeticParameters = z.strictObject({
  levels: z.array(level).min(1).default([3, 4, 5]),
  digits: z.int().min(1).max(3).default(1),
  train_size: z.int().min(1).max(10_000_000).default(100_000),
  held_out_size: z.int().min(1).max(100_000).default(200),
  worked_share: z.number().min(0).max(1).default(1),
  demonstrated_levels: z.array(level).optional(),
  rewards: taskRewardsSchema.default({ accuracy: 1, format: 0.1 }),
});

export type ArithmeticParameters = z.output<typeof arithmeticParameters>;
