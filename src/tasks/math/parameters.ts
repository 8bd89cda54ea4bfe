import { z } from "zod";
import { taskRewardsSchema } from "../task-rewards.ts";

export const defaultSystemPrompt =
  "Solve the problem. First reason step by step between <think> and </think>, then write only the final answer " +
  "between <answer> and </answer>.";

const column = z.string().min(1);

/**
 * `path`: JSON Lines file of training problems, relative to the working directory.
 * `held_out_path`: file of held-out problems; without one, `held_out_share` of the rows of `path` are held out, chosen
 *   by `split_seed` and not by the run's seed, so that runs can be compared.
 * `question_column`: by default `question` or else `problem`. `answer_column`: text or number; GSM8K's worked text ending
 *   in `#### n` gives answer and demonstration. `solution_column`: worked text to imitate.
 * `unusable_rows`: what a row without question or usable answer does: `fatal` stops, `skip` leaves it out and warns.
 * `system_prompt`: empty for none. `user_prompt`: `{question}` stands for the question.
 * `stop`: text that ends a completion; it then learns no end token.
 * `rewards`: by name, with weight; replaces the default as a whole.
 */
export const mathParameters = z.strictObject({
  path: z.string().min(1),
  held_out_path: z.string().min(1).optional(),
  held_out_share: z.number().min(0).lt(1).default(0.05),
  split_seed: z.int().default(0),
  question_column: column.optional(),
  answer_column: column.default("answer"),
  solution_column: column.optional(),
  unusable_rows: z.enum(["fatal", "skip"]).default("fatal"),
  system_prompt: z.string().default(defaultSystemPrompt),
  user_prompt: z
    .string()
    .refine((text) => text.includes("{question}"), "it must hold {question}")
    .default("{question}"),
  stop: z.array(z.string().min(1)).default([]),
  rewards: taskRewardsSchema.default({ accuracy: 1, format: 0.1 }),
});

export type MathParameters = z.output<typeof mathParameters>;
