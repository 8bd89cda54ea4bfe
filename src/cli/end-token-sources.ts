import type { Tokenizer } from "../tokenizer/tokenizer.ts";

/** The end-of-sequence ids that each file of a model folder names. */
export interface EndTokenSources {
  config: readonly number[];
  /** null where the folder has no generation_config.json. */
  generationConfig: readonly number[] | null;
  tokenizer: readonly number[];
  /** The token that the chat template puts behind an answer; empty where it puts none. */
  chatTemplate: readonly number[];
}

/** The ids of an `eos_token_id`, which is a number, a list or null. */
export function endTokenIdsIn(configuration: Readonly<Record<string, unknown>>): number[] {
  return [configuration.eos_token_id].flat().filter((id): id is number => Number.isInteger(id));
}

/** Something wrong about the sources, and what to do about it, one line each. */
export interface EndTokenProblem {
  kind: "none" | "outside" | "chat-template" | "disagreement";
  message: string;
  remedy: string;
}

/**
 * What is wrong about the sources. A completion ends at the ids of config, generation config and tokenizer; other tools
 * end it at those of the generation config alone.
 */
export function endTokenProblems(
  { config, generationConfig, tokenizer, chatTemplate }: EndTokenSources,
  { vocabularySize, decode }: { vocabularySize: number; decode: Tokenizer["decode"] },
): EndTokenProblem[] {
  const list = (ids: readonly number[]): string => shownTokens(ids, decode);
  const problems: EndTokenProblem[] = [];
  const ends = [...new Set([...config, ...(generationConfig ?? []), ...tokenizer])];
  if (ends.length === 0) {
    problems.push({
      kind: "none",
      message: "no file names an end-of-sequence token",
      remedy: "name an eos_token in tokenizer_config.json or an eos_token_id in generation_config.json",
    });
  }
  const outside = ends.filter((id) => id < 0 || id >= vocabularySize);
  if (outside.length > 0) {
    problems.push({
      kind: "outside",
      message: `eos_token_id ${outside.join(", ")} is not one of the model's ${vocabularySize} tokens`,
      remedy: "correct it, or take config and tokenizer from one model",
    });
  }
  const unended = chatTemplate.filter((id) => !ends.includes(id));
  if (ends.length > 0 && unended.length > 0) {
    problems.push({
      kind: "chat-template",
      message: `the chat template ends an answer with ${list(unended)}, which no file names as end of sequence (${list(ends)}): an answer in a chat runs on to the limit`,
      remedy: "add it to eos_token_id in generation_config.json",
    });
  }
  const [reference, file] =
    generationConfig === null ? [config, "config.json"] : [generationConfig, "generation_config.json"];
  for (const [name, ids] of [
    ["config.json", config],
    ["tokenizer_config.json", tokenizer],
  ] as const) {
    const lacking = ids.filter((id) => !reference.includes(id));
    if (lacking.length > 0 && name !== file) {
      problems.push({
        kind: "disagreement",
        message: `EOS ids disagree: ${name} has ${list(lacking)}, ${file} has ${list(reference)}; gpgrad ends at all of them, other tools at those of ${file}`,
        remedy: `name ${list(lacking)} in ${file} too, or take it out of ${name}`,
      });
    }
  }
  return problems;
}

/** Ids with their tokens: `18 (<|end|>)`. */
export function shownTokens(ids: readonly number[], decode: Tokenizer["decode"]): string {
  return ids.map((id) => `${id} (${decode([id]) || "no token"})`).join(", ") || "none";
}
