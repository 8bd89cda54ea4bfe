import path from "node:path";
import { shown } from "../../../error-text.ts";
import { ModelError } from "../../../errors.ts";
import { readJsonObject } from "../../../json-object-file.ts";
import { adapterConfigFile } from "../../../model-files.ts";
import { type ConfigFields, configFields, type Json } from "../../../models/config-fields.ts";
import type { LanguageModel } from "../../../models/model.ts";
import { type AdaptedLayer, parameterNames } from "./adapter.ts";
import { pythonPattern } from "./python-pattern.ts";
import { shortTargets, type TargetModules, targetLayers } from "./target-modules.ts";

/** The model that an adapter was made for: a folder, or a model of the hub. */
export interface AdapterBase {
  name: string;
  revision: string | null;
}

/** What an adapter is, under the names of PEFT's `LoraConfig`. */
export interface AdapterSettings {
  rank: number;
  alpha: number;
  /** Scales by alpha / sqrt(rank) instead of alpha / rank (Kalajdzievski, 2023). */
  useRslora: boolean;
  targetModules: TargetModules;
}

/** What else PEFT writes into `adapter_config.json` that changes nothing about a trained adapter of linear layers. */
const inertFields = new Set([
  ...[
    "auto_mapping",
    "inference_mode",
    "peft_version",
    "revision",
    "base_model_name_or_path",
    "runtime_config",
  ],
  ...["loftq_config", "eva_config", "corda_config", "lora_ga_config", "megatron_config", "megatron_core"],
  ...["fan_in_fan_out", "qalora_group_size", "layers_pattern"],
]);
const knownFields = new Set([
  ...["peft_type", "task_type", "r", "lora_alpha", "lora_dropout", "use_rslora", "bias", "init_lora_weights"],
  ...["target_modules", "exclude_modules", "rank_pattern", "alpha_pattern"],
]);
/** Initialisations that leave the base as it is; the others subtract the adapter from it. */
const plainInitializations: readonly unknown[] = [undefined, true, false, "gaussian", "eva", "orthogonal"];

/** `adapter_config.json` as it was read. */
export interface AdapterConfig {
  file: string;
  json: Json;
  base: AdapterBase | null;
  dropout: number;
}

/** Reads the file and refuses, by field and value, whatever goes beyond LoRA on linear layers. */
export function readAdapterConfig(directory: string): AdapterConfig {
  const file = path.join(directory, adapterConfigFile);
  const json = readJsonObject(file);
  const fields = configFields(json, file);
  const expect = (name: string, allowed: readonly unknown[], expected: string): void => {
    if (!allowed.includes(fields.value(name))) {
      fields.fail(name, expected);
    }
  };
  expect("peft_type", ["LORA"], '"LORA": other adapters are not supported');
  expect("task_type", [undefined, "CAUSAL_LM"], '"CAUSAL_LM"');
  expect("bias", [undefined, "none"], '"none": adapters with biases of their own are not supported');
  expect(
    "init_lora_weights",
    plainInitializations,
    "true: adapters that change their base are not supported",
  );
  for (const name of fields.names) {
    if (!knownFields.has(name) && !inertFields.has(name) && !isOff(fields.value(name))) {
      throw new ModelError(
        `${file}: ${name} is ${shown(json[name])}, which is not supported; merge the adapter with PEFT and take the merged model`,
      );
    }
  }
  const dropout = fields.value("lora_dropout") ?? 0;
  if (typeof dropout !== "number" || !(dropout >= 0 && dropout < 1)) {
    fields.fail("lora_dropout", "a number from 0 to 1");
  }
  return { file, json, base: baseOf(fields), dropout: dropout as number };
}

function isOff(value: unknown): boolean {
  return (
    value === undefined ||
    value === false ||
    (typeof value === "object" && Object.keys(value as object).length === 0)
  );
}

function baseOf(fields: ConfigFields): AdapterBase | null {
  const text = (name: string): string | null => {
    const value = fields.value(name) ?? null;
    return value === null || typeof value === "string" ? value : fields.fail(name, "a text");
  };
  const name = text("base_model_name_or_path");
  return name ? { name, revision: text("revision") || null } : null;
}

/** The adapted layers of a model as the configuration chooses and scales them. */
export function adaptedLayers(
  { file, json }: AdapterConfig,
  model: LanguageModel,
): Map<string, AdaptedLayer> {
  const fields = configFields(json, file);
  const targets = fields.value("target_modules");
  if (!isTargets(targets)) {
    fields.fail("target_modules", "a list of module names or a regular expression");
  }
  const excluded = fields.value("exclude_modules") ?? [];
  if (!isTargets(excluded)) {
    fields.fail("exclude_modules", "a list of module names or a regular expression");
  }
  const fail = (problem: string): never => {
    throw new ModelError(`${file}: target_modules ${problem}`);
  };
  const rank = fields.count("r", 8);
  const alpha = fields.positive("lora_alpha", 8);
  const rankOf = patternValues(fields, "rank_pattern", (inner, key) => inner.count(key));
  const alphaOf = patternValues(fields, "alpha_pattern", (inner, key) => inner.positive(key));
  const useRslora = fields.flag("use_rslora");
  return new Map(
    targetLayers(model, targets as TargetModules, { fail, excluded: excluded as TargetModules }).map(
      (layer) => {
        const settings = { rank: rankOf(layer) ?? rank, alpha: alphaOf(layer) ?? alpha, useRslora };
        return [layer, adaptedLayer(layer, settings)];
      },
    ),
  );
}

function adaptedLayer(
  layer: string,
  { rank, alpha, useRslora }: Omit<AdapterSettings, "targetModules">,
): AdaptedLayer {
  return { rank, scale: alpha / (useRslora ? Math.sqrt(rank) : rank), ...parameterNames(layer) };
}

function isTargets(value: unknown): value is TargetModules {
  return (
    typeof value === "string" || (Array.isArray(value) && value.every((entry) => typeof entry === "string"))
  );
}

/** Values by a regular expression for the end of a layer's name; the first that matches counts. */
function patternValues(
  fields: ConfigFields,
  name: string,
  read: (inner: ConfigFields, key: string) => number,
): (layer: string) => number | undefined {
  const inner = fields.object(name);
  const entries = inner.names.map((key) => {
    const pattern =
      pythonPattern(`(?:.*\\.)?(?:${key})`) ??
      fields.fail(name, "regular expressions that Python and JavaScript both know");
    return { pattern, value: read(inner, key) };
  });
  return (layer) => entries.find(({ pattern }) => pattern.test(layer))?.value;
}

/** A new adapter for the layers that the settings name: its layers and the content of its `adapter_config.json`. */
export function newAdapterConfig(
  model: LanguageModel,
  settings: AdapterSettings,
  base: AdapterBase,
  fail: (problem: string) => never,
): { layers: Map<string, AdaptedLayer>; configuration: Json } {
  const names = targetLayers(model, settings.targetModules, { fail });
  const configuration = {
    alpha_pattern: {},
    auto_mapping: null,
    base_model_name_or_path: base.name,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: null,
    lora_alpha: settings.alpha,
    lora_dropout: 0,
    modules_to_save: null,
    peft_type: "LORA",
    r: settings.rank,
    rank_pattern: {},
    revision: base.revision,
    target_modules: shortTargets(model, names),
    task_type: "CAUSAL_LM",
    use_dora: false,
    use_rslora: settings.useRslora,
  };
  return { layers: new Map(names.map((layer) => [layer, adaptedLayer(layer, settings)])), configuration };
}
