import { z } from "zod";
import { shown } from "../error-text.ts";
import { DataError } from "../errors.ts";
import type { RewardContext } from "../rewards/reward.ts";
import { valueAt } from "../value-at.ts";
import type { InputRow } from "./json-lines-input.ts";

const schema = z.object({
  completion: z.string(),
  answer: z.union([z.string(), z.number()], { error: "expected text or a number" }).default(""),
  prompt: z.string().default(""),
  id: z.union([z.string(), z.number()]).optional(),
  tokens: z.int().min(0).optional(),
  finishReason: z.enum(["stop", "length"]).default("stop"),
  group: z.union([z.string(), z.number()]).optional(),
});

export interface RewardCase {
  /** Cases of one group stand one after the other; a case without one is a group of its own. */
  group: string | number | undefined;
  context: RewardContext;
}

/** A line of `gpgrad reward`; what it does not know becomes a column. Throws DataError with line, field and value. */
export function toRewardCase({ line, columns }: InputRow): RewardCase {
  const result = schema.safeParse(columns);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw new DataError(
      `standard input line ${line}: "${path.join(".")}" cannot be ${shown(valueAt(columns, path))}: ${message}`,
    );
  }
  const { completion, answer, prompt, id = line, tokens, finishReason, group } = result.data;
  return {
    group,
    context: {
      problem: { id: String(id), prompt, answer: String(answer), columns },
      completion,
      // Not a number of tokens, so that a reward that looks at it gives no value.
      completionTokens: tokens ?? Number.NaN,
      finishReason,
    },
  };
}
