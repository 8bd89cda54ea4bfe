import { existsSync } from "node:fs";
import type { Translation } from "./translation.ts";
import type { UpstreamFile } from "./upstream-file.ts";

/** Upstream keeps models in `models/` under their names; whose they are, the beginnings of the names tell. */
const organisations: readonly [start: string, organisation: string][] = [
  ["DeepSeek-R1-Distill-", "deepseek-ai"],
  ["Qwen", "Qwen"],
  ["SmolLM", "HuggingFaceTB"],
  ["Mistral", "mistralai"],
  ["Llama-", "meta-llama"],
];

const dtypes: Readonly<Record<string, string>> = {
  auto: "source",
  float32: "float32",
  float16: "float16",
  bfloat16: "bfloat16",
};

export function translateModel(file: UpstreamFile, recipe: Translation): void {
  const revision = file.text("model_revision") ?? "main";
  const given = file.text("model_name_or_path");
  if (given !== undefined) {
    const name = existsSync(given) ? given : (hubName(given) ?? given);
    if (name !== given) {
      recipe.note(`${given} as ${name} on the hub`);
    }
    recipe.set("model", revision === "main" ? name : `${name}@${revision}`, "model_name_or_path");
  }
  for (const key of ["torch_dtype", "dtype"] as const) {
    const dtype = file.text(key);
    if (dtype !== undefined && dtypes[dtype] === undefined) {
      throw file.refuse(key, Object.keys(dtypes).join(" | "));
    }
    recipe.set("checkpoint.dtype", dtype && dtypes[dtype], key);
  }
  recipe.set("chatTemplate", file.text("chat_template"), "chat_template");
  translateLora(file, recipe);
}

/** `models/ORG/NAME` and `models/NAME` by their names on the hub; null for any other. */
function hubName(name: string): string | null {
  const [folder, ...rest] = name.replace(/\/+$/, "").split("/");
  if (folder !== "models" || rest.length === 0 || rest.length > 2) {
    return null;
  }
  if (rest.length === 2) {
    return rest.join("/");
  }
  const found = organisations.find(([start]) => rest[0]!.startsWith(start));
  return found === undefined ? null : `${found[1]}/${rest[0]}`;
}

/** Without target modules, PEFT adapts the query and value projections of these families. */
function translateLora(file: UpstreamFile, recipe: Translation): void {
  const rank = file.whole("lora_r") ?? 16;
  const alpha = file.number("lora_alpha") ?? 32;
  const modules = file.list("lora_target_modules") ?? ["q_proj", "v_proj"];
  const useRslora = file.flag("use_rslora") ?? false;
  if (file.flag("use_peft") !== true) {
    return;
  }
  recipe.set("lora.rank", rank, "lora_r");
  recipe.set("lora.alpha", alpha, "lora_alpha");
  recipe.set(
    "lora.targetModules",
    modules.join() === "all-linear" ? "all-linear" : modules,
    "lora_target_modules",
  );
  recipe.set("lora.useRslora", useRslora, "use_rslora");
}
