import { ModelError } from "../errors.ts";
import type { LanguageModel } from "./model.ts";
import { createQwen2 } from "./qwen2/qwen2.ts";

const families: Readonly<
  Record<string, (configuration: Readonly<Record<string, unknown>>, file: string) => LanguageModel>
> = { qwen2: createQwen2 };

/** The model that a `config.json` describes; `file` is named in errors. */
export function createModel(configuration: Readonly<Record<string, unknown>>, file: string): LanguageModel {
  const family = configuration.model_type;
  const create = typeof family === "string" ? families[family] : undefined;
  if (create === undefined) {
    const known = Object.keys(families).join(", ");
    throw new ModelError(
      `${file}: model_type is ${JSON.stringify(family)}, which is not supported; supported: ${known}`,
    );
  }
  return create(configuration, file);
}
