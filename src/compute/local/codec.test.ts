import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ModelError } from "../../errors.ts";
import { characterTokenizerFiles } from "../../tokenizer/character-tokenizer.ts";
import { loadTokenizer } from "../../tokenizer/load-tokenizer.ts";
import { createCodec } from "./codec.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "gpgrad-codec-"));
  for (const [name, content] of Object.entries(
    characterTokenizerFiles({ characters: "ab>", tags: ["<x>"] }),
  )) {
    writeFileSync(path.join(directory, name), content);
  }
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

it("ends completions with the tokenizer's own end token and knows the model's as well", () => {
  const codec = createCodec(loadTokenizer(directory), [3, 5]);
  expect(codec.endTokenIds).toEqual([5, 3]);
  expect(codec.encodeCompletion("ab")).toEqual([0, 1, 5]);
  expect(codec.decode([0, 3, 5])).toBe("a<x>");
});

it("encodes a string as it stands and messages through the chat template with a generation prompt", () => {
  const template = "{{ messages[0].content }}<x>{% if add_generation_prompt %}>{% endif %}";
  writeFileSync(path.join(directory, "chat_template.jinja"), template);
  const codec = createCodec(loadTokenizer(directory), []);
  expect(codec.encodePrompt("ba")).toEqual([1, 0]);
  expect(codec.encodePrompt([{ role: "user", content: "b" }])).toEqual([1, 3, 2]);
});

it("needs an end token from somewhere", () => {
  const config = path.join(directory, "tokenizer_config.json");
  writeFileSync(config, "{}");
  expect(() => createCodec(loadTokenizer(directory), [])).toThrow(ModelError);
  expect(createCodec(loadTokenizer(directory), [4]).endTokenIds).toEqual([4]);
});
