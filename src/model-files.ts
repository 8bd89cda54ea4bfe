/** Names of the files that make a model folder in the Hugging Face layout. */
export const configFile = "config.json";
export const weightsFile = "model.safetensors";
/** Names the shards of weights that are split. */
export const weightsIndexFile = "model.safetensors.index.json";

/** PEFT's names for what an adapter is and for its weights. */
export const adapterConfigFile = "adapter_config.json";
export const adapterWeightsFile = "adapter_model.safetensors";

/** Wins over a template in any other file. */
export const chatTemplateFile = "chat_template.jinja";

/** Files beside config and weights that make a model folder whole. */
export const sideFileNames: readonly string[] = [
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  chatTemplateFile,
  "chat_template.json",
  "preprocessor_config.json",
];

/** Holds chat templates for other purposes than the usual one, a file each. */
export const moreTemplatesFolder = "additional_chat_templates";

/** True for the name of a file of weights, whole, sharded or of an adapter, and of their index. */
export function isWeightsFile(name: string): boolean {
  return /^(adapter_)?model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$/.test(name);
}

/** True for the files that make a model folder or an adapter, as opposed to what a checkpoint holds beside them. */
export function isModelFile(name: string): boolean {
  return [configFile, adapterConfigFile, ...sideFileNames].includes(name) || isWeightsFile(name);
}
