import { shown } from "../error-text.ts";
import { ModelError } from "../errors.ts";
import type { Json } from "./config-fields.ts";
import { createLlama } from "./llama/llama.ts";
import type { LanguageModel } from "./model.ts";
import { createQwen2 } from "./qwen2/qwen2.ts";
import { createQwen3 } from "./qwen3/qwen3.ts";

const families: ReadonlyMap<string, (configuration: Json, file: string) => LanguageModel> = new Map([
  ["qwen2", createQwen2],
  ["qwen3", createQwen3],
  ["llama", createLlama],
]);

/** The values of `model_type` that are known. */
export const familyNames: readonly string[] = [...families.keys()];

/** The model that a `config.json` describes; `file` is named in errors. */
export function createModel(configuration: Json, file: string): LanguageModel {
  const create = families.get(configuration.model_type as string);
  if (create === undefined) {
    throw new ModelError(
      `${file}: model_type is ${shown(configuration.model_type)}, which is not supported; supported: ${familyNames.join(", ")}`,
    );
  }
  return create(configuration, file);
}
