import { z } from "zod";
import { dataDetails } from "../../datasets/data-source.ts";
import { taskRewardsSchema } from "../task-rewards.ts";

export const defaultSystemPrompt =
  "Solve the problem. First reason step by step between <think> and </think>, then write only the final answer " +
  "between <answer> and </answer>.";

const column = z.string().min(1);

/**
 * `path`: file or folder of training problems, relative to the working directory, or `ORG/NAME` on the hub; `data`: what
 *   else there is to say about it, or the path too.
 * `heldOutPath`, `heldOutData`: held-out problems; without them, `heldOutShare` of the rows are held out, chosen by
 *   `splitSeed` and not by the run's seed, so that runs can be compared.
 * `questionColumn`: by default `question` or else `problem`. `answerColumn`: text or number; GSM8K's worked text ending
 *   in `#### n` gives answer and demonstration. `solutionColumn`: worked text to imitate.
 * `messagesColumn`: a conversation in the place of a question; its last message is imitated.
 * `unusableRows`: what a row without question or usable answer does: `fatal` stops, `skip` leaves it out and warns.
 * `systemPrompt`: empty for none. `userPrompt`: `{question}` stands for the question.
 * `stop`: text that ends a completion; it then learns no end token.
 * `rewards`: by name, with weight; replaces the default as a whole.
 */
export const mathParameters = z.strictObject({
  path: z.string().min(1).optional(),
  data: dataDetails.optional(),
  heldOutPath: z.string().min(1).optional(),
  heldOutData: dataDetails.optional(),
  heldOutShare: z.number().min(0).lt(1).default(0.05),
  splitSeed: z.int().default(0),
  questionColumn: column.optional(),
  answerColumn: column.default("answer"),
  solutionColumn: column.optional(),
  messagesColumn: column.optional(),
  unusableRows: z.enum(["fatal", "skip"]).default("fatal"),
  systemPrompt: z.string().default(defaultSystemPrompt),
  userPrompt: z
    .string()
    .refine((text) => text.includes("{question}"), "it must hold {question}")
    .default("{question}"),
  stop: z.array(z.string().min(1)).default([]),
  rewards: taskRewardsSchema.default({ accuracy: 1, format: 0.1 }),
});

export type MathParameters = z.output<typeof mathParameters>;
