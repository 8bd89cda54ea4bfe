import type { ModelDescription } from "../../compute/local/local-model.ts";
import { joinAddedTokens, specialTokenRoles } from "../../tokenizer/added-tokens.ts";
import { readTokenizerFiles } from "../../tokenizer/tokenizer-files.ts";
import { type ChatTemplateFacts, chatTemplateFacts } from "../chat-template-facts.ts";
import { type EndTokenSources, endTokenIdsIn } from "../end-token-sources.ts";

/** What the files beside the weights say about text. */
export interface ModelFacts {
  /** null where the model has none. */
  template: ChatTemplateFacts | null;
  endTokens: EndTokenSources;
  /** null where the tokenizer names none. */
  beginTokenId: number | null;
}

export function readModelFacts(description: ModelDescription): ModelFacts {
  const { model, tokenizer, tokenizerFolder, chatTemplate, sideFiles } = description;
  const files = tokenizerFolder === null ? null : readTokenizerFiles(tokenizerFolder);
  const template =
    files && chatTemplate && chatTemplateFacts(chatTemplate, tokenizer, joinAddedTokens(files, new Map()));
  const generationConfig = sideFiles["generation_config.json"];
  const beginToken = files && specialTokenRoles(files.config).bos_token;
  return {
    template: template ?? null,
    endTokens: {
      config: endTokenIdsIn(model.configuration),
      generationConfig:
        generationConfig === undefined
          ? null
          : endTokenIdsIn(JSON.parse(new TextDecoder().decode(generationConfig))),
      tokenizer: tokenizer.endTokenIds,
      chatTemplate: template?.endTokenIds ?? [],
    },
    beginTokenId: beginToken ? (tokenizer.encode(beginToken)[0] ?? null) : null,
  };
}
