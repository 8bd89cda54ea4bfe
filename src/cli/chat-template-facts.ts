import path from "node:path";
import { errorMessage, isGpgradError } from "../errors.ts";
import type { AddedToken } from "../tokenizer/added-tokens.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { ChatTemplateSource } from "../tokenizer/tokenizer-files.ts";

/** What a model's chat template does, seen by rendering with it. */
export interface ChatTemplateFacts {
  /** The file of the folder that it stands in. */
  file: string;
  /** One question as a prompt; null where the template cannot render it. */
  example: string | null;
  /** What the template adds to the example to ask for an answer; null where it does more than add. */
  generationPrompt: string | null;
  /** The model begins inside a think block, whose opening tag is no part of its completions. */
  opensThinkBlock: boolean;
  /** What follows an answer in a conversation. */
  answerEnd: string;
  /** The added token that `answerEnd` begins with; empty where it begins with none. */
  endTokenIds: number[];
  /** Why the template could not render; null if it could. */
  problem: string | null;
}

const question = "What is 2 + 3?";
const answer = "It is 5.";

export function chatTemplateFacts(
  { file }: ChatTemplateSource,
  tokenizer: Tokenizer,
  addedTokens: readonly AddedToken[],
): ChatTemplateFacts {
  const facts: ChatTemplateFacts = {
    file: path.basename(file),
    example: null,
    generationPrompt: null,
    opensThinkBlock: false,
    answerEnd: "",
    endTokenIds: [],
    problem: null,
  };
  try {
    const user = { role: "user", content: question };
    const example = tokenizer.applyChatTemplate([user], { addGenerationPrompt: true });
    const answered = tokenizer.applyChatTemplate([user, { role: "assistant", content: answer }]);
    const end = answered.lastIndexOf(answer);
    const answerEnd = end < 0 ? "" : answered.slice(end + answer.length);
    const [next] = answerEnd === "" ? [] : tokenizer.encode(answerEnd);
    const asked = tokenizer.applyChatTemplate([user]);
    return {
      ...facts,
      example,
      generationPrompt: example.startsWith(asked) ? example.slice(asked.length) : null,
      opensThinkBlock: example.lastIndexOf("<think>") > example.lastIndexOf("</think>"),
      answerEnd,
      endTokenIds: addedTokens.some(({ id }) => id === next) ? [next!] : [],
    };
  } catch (error) {
    if (isGpgradError(error)) {
      return { ...facts, problem: errorMessage(error) };
    }
    throw error;
  }
}
