import type { Codec } from "../compute/codec.ts";
import { DataError } from "../errors.ts";
import type { Problem, Prompt } from "../pipeline.ts";

/** The problem as token ids, whole. */
export function encodePrompt(codec: Codec, problem: Problem): Prompt {
  const tokenIds = codec.encodePrompt(problem.prompt);
  if (tokenIds.length === 0) {
    throw new DataError(`problem ${problem.id}: its prompt is empty; give it some text`);
  }
  return { problem, tokenIds };
}

/** What is wrong with a prompt over the limit, null within it. A prompt is never cut: its question would change. */
export function promptTooLong({ problem, tokenIds }: Prompt, maxPromptTokens: number): string | null {
  return tokenIds.length > maxPromptTokens
    ? `problem ${problem.id}: its prompt has ${tokenIds.length} tokens, the limit is ${maxPromptTokens}`
    : null;
}

/** Encodes a problem whose prompt has to be within the limit. */
export function encodePromptWithin(codec: Codec, problem: Problem, maxPromptTokens: number): Prompt {
  const prompt = encodePrompt(codec, problem);
  const tooLong = promptTooLong(prompt, maxPromptTokens);
  if (tooLong) {
    throw new DataError(`${tooLong}; raise maxPromptTokens, or set longPrompts to skip`);
  }
  return prompt;
}
