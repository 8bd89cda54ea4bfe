import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadTokenizer } from "../../src/tokenizer/load-tokenizer.ts";
import type { Tokenizer } from "../../src/tokenizer/tokenizer.ts";
import { dataFolder } from "./data.ts";

interface Vectors {
  cases: { source?: string; text: string; ids: number[]; decoded?: string; decoded_skip_special?: string }[];
}

const { folder, absent } = dataFolder("tokenizers");
const at = (...parts: string[]): string => path.join(folder, ...parts);

const temporary: string[] = [];
const loaded = new Map<string, Tokenizer>();

afterAll(() => {
  for (const directory of temporary) {
    rmSync(directory, { recursive: true });
  }
});

/** The name of a folder that has its files whole, or only what it has other than Qwen2.5: its added tokens. */
function tokenizerOf(name: string): Tokenizer {
  const known = loaded.get(name);
  if (known !== undefined) {
    return known;
  }
  const directory = mkdtempSync(path.join(tmpdir(), "gpgrad-vocabulary-"));
  temporary.push(directory);
  const target = path.join(directory, "tokenizer.json");
  if (existsSync(at(name, "tokenizer.json"))) {
    copyFileSync(at(name, "tokenizer.json"), target);
  } else {
    const block = readFileSync(at(name, "added_tokens.block.txt"), "utf8");
    const source = readFileSync(at("qwen2.5", "tokenizer.json"), "utf8");
    const start = source.indexOf('"added_tokens": [') + '"added_tokens": ['.length;
    const end = source.indexOf('],\n  "normalizer"', start);
    writeFileSync(target, source.slice(0, start) + block + source.slice(end));
  }
  copyFileSync(at(name, "tokenizer_config.json"), path.join(directory, "tokenizer_config.json"));
  const tokenizer = loadTokenizer(directory);
  loaded.set(name, tokenizer);
  return tokenizer;
}

function existing(...parts: string[]): string[] {
  return absent || !existsSync(at(...parts)) ? [] : readdirSync(at(...parts));
}

/** Vectors carry the name of the folder of their tokenizer. */
const vectorFiles = existing("vectors").filter((name) => name.endsWith(".json"));

it.skipIf(absent)("there are recorded vectors", () => {
  expect(vectorFiles).not.toEqual([]);
});

describe.each(vectorFiles)("%s", (file) => {
  it("is encoded and decoded as in transformers", () => {
    const { cases } = JSON.parse(readFileSync(at("vectors", file), "utf8")) as Vectors;
    const tokenizer = tokenizerOf(path.basename(file, ".json"));
    const found = cases.filter(({ text, ids, decoded = text, decoded_skip_special: skipped = decoded }) => {
      const encoded = JSON.stringify(tokenizer.encode(text)) === JSON.stringify(ids);
      const whole = tokenizer.decode(ids) === decoded;
      return !(encoded && whole && tokenizer.decode(ids, { skipSpecialTokens: true }) === skipped);
    });
    console.log(`${file}: ${found.length} disagreements in ${cases.length} texts`);
    expect(cases.length).toBeGreaterThan(0);
    expect(found).toEqual([]);
  });
});

/** llama.cpp's name of a vocabulary, and the folder that has it. */
const llamaNames: Readonly<Record<string, string>> = {
  qwen2: "qwen2.5",
  "deepseek-r1-qwen": "deepseek-r1-distill-qwen",
  "llama-bpe": "llama-3",
};
const llamaVectors = existing("vectors", "llama.cpp")
  .map((name) => /^ggml-vocab-(.*)\.gguf\.inp$/.exec(name)?.[1])
  .filter(
    (name) => name !== undefined && name in llamaNames && existsSync(at(llamaNames[name]!)),
  ) as string[];

it.each(llamaVectors)("llama.cpp's texts for %s are encoded as there, and decode back", (name) => {
  const read = (end: string): string =>
    readFileSync(at("vectors", "llama.cpp", `ggml-vocab-${name}.gguf.${end}`), "utf8");
  const lines = read("out").replace(/\n$/, "").split("\n");
  const ids = lines.map((line) => line.trim().split(/ +/).filter(Boolean).map(Number));
  // What follows the last separator is no text.
  const texts = read("inp").split("\n__ggml_vocab_test__\n").slice(0, ids.length);
  const tokenizer = tokenizerOf(llamaNames[name]!);
  expect(texts.map((text) => tokenizer.encode(text))).toEqual(ids);
  expect(ids.map((one) => tokenizer.decode(one))).toEqual(texts);
});

const readConfig = (name: string) =>
  JSON.parse(readFileSync(at(name, "tokenizer_config.json"), "utf8")) as { eos_token: unknown };

it.skipIf(absent)("tokenizer.json decides, whatever class and beginning tokenizer_config.json names", () => {
  const tokenizer = tokenizerOf("deepseek-r1-distill-qwen");
  expect(readConfig("deepseek-r1-distill-qwen")).toMatchObject({
    add_bos_token: true,
    tokenizer_class: expect.stringContaining("Llama"),
  });
  // Its template writes the beginning itself, and its tokenizer.json has no post-processor that adds one.
  const rendered = tokenizer.applyChatTemplate([{ role: "user", content: "Hi" }], {
    addGenerationPrompt: true,
  });
  const ids = tokenizer.encode(rendered);
  expect(tokenizer.encode(rendered, { addSpecialTokens: true })).toEqual(ids);
  expect(ids.slice(0, 2)).toEqual([151646, 151644]);
  expect(tokenizer.endTokenIds).toEqual([151643]);
  expect(tokenizer.vocabularySize).toBe(151_665);
});
