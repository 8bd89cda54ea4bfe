/** All that a character-level tokenizer needs for this task: single characters, and tags that are one token each. */
export const arithmeticAlphabet = {
  characters: "0123456789+-=",
  tags: ["<think>", "</think>", "<answer>", "</answer>"],
} as const satisfies { characters: string; tags: readonly string[] };
