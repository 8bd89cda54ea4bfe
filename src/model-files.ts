/** Names of the files that make a model folder in the Hugging Face layout. */
export const configFile = "config.json";
export const weightsFile = "model.safetensors";
/** Names the shards of weights that are split. */
export const weightsIndexFile = "model.safetensors.index.json";

/** Files beside config and weights that make a model folder whole. */
export const sideFileNames: readonly string[] = [
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "chat_template.jinja",
  "chat_template.json",
  "preprocessor_config.json",
];

/** Holds chat templates for other purposes than the usual one, a file each. */
export const moreTemplatesFolder = "additional_chat_templates";
