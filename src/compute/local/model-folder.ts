import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { writeFileAtomically } from "../../atomic-file.ts";
import { errorMessage, ModelError } from "../../errors.ts";
import type { LanguageModel } from "../../models/model.ts";
import { createModel } from "../../models/registry.ts";
import { openWeights } from "../../safetensors/weights-folder.ts";
import { writeSafetensors } from "../../safetensors/writer.ts";
import type { Policy } from "./policy.ts";

/** Files beside the weights that make a model folder whole: kept byte for byte from where the model came. */
export type SideFiles = Readonly<Record<string, Uint8Array>>;

const configFile = "config.json";
const weightsFile = "model.safetensors";
const sideFileNames = [
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "chat_template.jinja",
  "preprocessor_config.json",
];

export function readJsonFile(file: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new ModelError(`cannot read ${file}: ${errorMessage(error)}`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new ModelError(`${file} must hold a JSON object`);
  }
  return parsed as Record<string, unknown>;
}

/** Reads `config.json` and the side files of a model folder; the weights follow with `withWeights`. */
export function readModelFolder(directory: string): { model: LanguageModel; sideFiles: SideFiles } {
  if (!existsSync(directory)) {
    throw new ModelError(
      `no model folder at ${directory}; give --model the path of a Hugging Face model folder`,
    );
  }
  const file = path.join(directory, configFile);
  if (!existsSync(file)) {
    throw new ModelError(`${directory} has no ${configFile}; is it a Hugging Face model folder?`);
  }
  const model = createModel(readJsonFile(file), file);
  const present = new Set(readdirSync(directory));
  const names = sideFileNames.filter((name) => present.has(name));
  const sideFiles = Object.fromEntries(names.map((name) => [name, readFileSync(path.join(directory, name))]));
  return { model, sideFiles };
}

/** Calls `read` with a function that fills one parameter after another from the folder's weights. */
export function withWeights<T>(
  directory: string,
  model: LanguageModel,
  read: (fill: (name: string, values: Float32Array) => void) => T,
): T {
  const weights = openWeights(directory);
  try {
    const missing = model.parameters.find(({ name }) => weights.shapeOf(name) === undefined);
    if (missing) {
      throw new ModelError(
        `${directory}: the weights lack ${missing.name}, which config.json asks for; the two do not belong together`,
      );
    }
    for (const { name, shape } of model.parameters) {
      const stored = weights.shapeOf(name)!;
      if (stored.join() !== shape.join()) {
        throw new ModelError(
          `${directory}: ${name} has shape [${stored.join(", ")}], config.json asks for [${shape.join(", ")}]`,
        );
      }
    }
    return read((name, values) => weights.readInto(name, values));
  } finally {
    weights.close();
  }
}

/** Writes config, weights (float32) and side files: a folder that transformers loads. */
export function writeModelFolder(directory: string, policy: Policy, sideFiles: SideFiles): void {
  const { model, parameters } = policy;
  const { torch_dtype: _, dtype: __, ...configuration } = model.configuration;
  const dtypeKey = "torch_dtype" in model.configuration ? "torch_dtype" : "dtype";
  const config = { ...configuration, [dtypeKey]: "float32" };
  writeFileAtomically(path.join(directory, configFile), `${JSON.stringify(config, null, 2)}\n`);
  writeSafetensors(
    path.join(directory, weightsFile),
    model.parameters.map(({ name, shape }) => ({
      name,
      shape,
      values: parameters.get(name)!.values as Float32Array,
    })),
  );
  for (const [name, content] of Object.entries(sideFiles)) {
    writeFileAtomically(path.join(directory, name), content);
  }
}
