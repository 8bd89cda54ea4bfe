import { ModelError } from "../../errors.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Codec } from "../codec.ts";

/**
 * Joins a tokenizer with the end ids of the model's generation config. The tokenizer's own end token comes first: it is the
 * one that ends an answer in a chat, where a model knows several.
 */
export function createCodec(tokenizer: Tokenizer, modelEndTokenIds: readonly number[]): Codec {
  const endTokenIds = [...new Set([...tokenizer.endTokenIds, ...modelEndTokenIds])];
  if (endTokenIds.length === 0) {
    throw new ModelError(
      "the model has no end token: name an eos_token in tokenizer_config.json or an eos_token_id in generation_config.json",
    );
  }
  return {
    endTokenIds,
    encodePrompt: (prompt) =>
      typeof prompt === "string"
        ? tokenizer.encode(prompt, { addSpecialTokens: true })
        : tokenizer.encode(tokenizer.applyChatTemplate(prompt, { addGenerationPrompt: true })),
    encodeCompletion: (text) => [...tokenizer.encode(text), endTokenIds[0]],
    decode: (tokenIds) => tokenizer.decode(tokenIds, { skipSpecialTokens: true }),
  };
}
