import { truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createModel } from "../../src/models/registry.ts";
import { characterTokenizerFiles } from "../../src/tokenizer/character-tokenizer.ts";

type Json = Record<string, unknown>;

/** 16 characters, then `<think>`, the padding token 17 and the end token 18. */
const alphabet = { characters: "0123456789+-=? .", tags: ["<think>"] };

export interface HeaderOnlyModel {
  config: Json;
  storedType?: "BF16" | "F16" | "F32";
  /** Without, there is no such file. */
  generationConfig?: Json;
  /** Replaces entries of the tokenizer's. */
  tokenizerConfig?: Json;
}

/**
 * Writes a model folder of the given config whose weights are nothing but a header before a hole in the file, so that
 * sizes do not matter. Its chat template prints contents one after the other, each ended by the end token.
 */
export function writeHeaderOnlyModel(
  folder: string,
  { config, storedType = "BF16", generationConfig, tokenizerConfig }: HeaderOnlyModel,
): void {
  const files = characterTokenizerFiles(alphabet);
  const write = (name: string, content: Json): void =>
    writeFileSync(path.join(folder, name), JSON.stringify(content));
  write("config.json", config);
  write("tokenizer_config.json", { ...JSON.parse(files["tokenizer_config.json"]), ...tokenizerConfig });
  writeFileSync(path.join(folder, "tokenizer.json"), files["tokenizer.json"]);
  if (generationConfig !== undefined) {
    write("generation_config.json", generationConfig);
  }
  const header: Json = {};
  let offset = 0;
  for (const { name, shape } of createModel(config, "the test's config").parameters) {
    const start = offset;
    offset += shape.reduce((product, size) => product * size, storedType === "F32" ? 4 : 2);
    header[name] = { dtype: storedType, shape, data_offsets: [start, offset] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = path.join(folder, "model.safetensors");
  writeFileSync(file, Buffer.concat([length, json]));
  truncateSync(file, 8 + json.length + offset);
}
