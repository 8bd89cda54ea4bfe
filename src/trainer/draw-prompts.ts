import type { Codec } from "../compute/codec.ts";
import { DataError } from "../errors.ts";
import { encodePrompt, encodePromptWithin, promptTooLong } from "../eval/encode-prompt.ts";
import type { Problem, Prompt } from "../pipeline.ts";
import type { ProblemCursor } from "./problem-cursor.ts";

export interface PromptLimit {
  maxPromptTokens: number;
  /** A prompt over the limit ends the run, or is left out with a warning. */
  longPrompts: "refuse" | "skip";
}

/** The prompt, or null where it is too long and to be left out. */
export function promptWithinLimit(
  codec: Codec,
  problem: Problem,
  { maxPromptTokens, longPrompts }: PromptLimit,
  warn: (message: string) => void,
): Prompt | null {
  if (longPrompts === "refuse") {
    return encodePromptWithin(codec, problem, maxPromptTokens);
  }
  const prompt = encodePrompt(codec, problem);
  const tooLong = promptTooLong(prompt, maxPromptTokens);
  if (tooLong) {
    warn(`skipped ${tooLong}`);
    return null;
  }
  return prompt;
}

/** The next `count` prompts. Problems that are left out move the cursor too. */
export function drawPrompts(
  cursor: ProblemCursor,
  count: number,
  codec: Codec,
  limit: PromptLimit,
  warn: (message: string) => void,
): Prompt[] {
  const prompts: Prompt[] = [];
  let skippedInARow = 0;
  while (prompts.length < count) {
    const prompt = promptWithinLimit(codec, cursor.next(), limit, warn);
    if (prompt) {
      prompts.push(prompt);
      skippedInARow = 0;
    } else if (++skippedInARow >= 2 * cursor.size) {
      // Two epochs long, because the only short problem may come first in one epoch and last in the next.
      throw new DataError(
        `none of the ${cursor.size} training problems has a prompt within ${limit.maxPromptTokens} tokens; raise maxPromptTokens`,
      );
    }
  }
  return prompts;
}
