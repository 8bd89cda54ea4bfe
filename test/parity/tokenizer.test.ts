import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { loadTokenizer } from "../../src/tokenizer/load-tokenizer.ts";
import type { ChatMessage, Tokenizer } from "../../src/tokenizer/tokenizer.ts";
import { fixturesAbsent, fixturesFolder, readFixture } from "./fixtures.ts";

interface TokenizerCases {
  vocabulary: { size: number; special: Record<string, number>; eos_token: string; pad_token: string };
  encode: { text: string; ids: number[]; decoded: string; decoded_skip_special: string }[];
  decode: { ids: number[]; decoded: string }[];
  chat: { messages: ChatMessage[]; add_generation_prompt: boolean; text: string; ids: number[] }[];
}

function foldersWith(parent: string, file: string): string[] {
  if (fixturesAbsent) {
    return [];
  }
  return readdirSync(path.join(fixturesFolder, parent))
    .map((name) => path.join(parent, name))
    .filter((folder) => existsSync(path.join(fixturesFolder, folder, file)));
}

function vocabularyOf(folder: string): string {
  return JSON.stringify(readFixture<{ model: { vocab: object } }>(folder, "tokenizer.json").model.vocab);
}

const caseFolders = foldersWith("", "tokenizer-cases.json");
const casesByVocabulary = new Map(caseFolders.map((folder) => [vocabularyOf(folder), folder]));

/** Every case in which the tokenizer says something else, in words. */
function disagreements(tokenizer: Tokenizer, cases: TokenizerCases): string[] {
  const found: string[] = [];
  const compare = (what: string, got: unknown, want: unknown): void => {
    const [gotText, wantText] = [JSON.stringify(got), JSON.stringify(want)];
    if (gotText !== wantText) {
      found.push(`${what}: ${gotText}, wanted ${wantText}`);
    }
  };
  compare("vocabulary size", tokenizer.vocabularySize, cases.vocabulary.size);
  compare("end token", tokenizer.endTokenIds, [cases.vocabulary.special[cases.vocabulary.eos_token]]);
  compare("padding token", tokenizer.padTokenId, cases.vocabulary.special[cases.vocabulary.pad_token]);
  for (const { text, ids, decoded, decoded_skip_special: skipped } of cases.encode) {
    compare(`encode ${JSON.stringify(text)}`, tokenizer.encode(text), ids);
    compare(`decode ${ids}`, tokenizer.decode(ids), decoded);
    compare(`decode text of ${ids}`, tokenizer.decode(ids, { skipSpecialTokens: true }), skipped);
  }
  for (const { ids, decoded } of cases.decode) {
    compare(`decode ${ids}`, tokenizer.decode(ids), decoded);
  }
  for (const { messages, add_generation_prompt: addGenerationPrompt, text, ids } of cases.chat) {
    const rendered = tokenizer.applyChatTemplate(messages, { addGenerationPrompt });
    compare(`render ${JSON.stringify(messages)}`, rendered, text);
    compare(`encode rendered ${JSON.stringify(text)}`, tokenizer.encode(rendered), ids);
  }
  return found;
}

function expectAgreement(folder: string, caseFolder: string): void {
  const cases = readFixture<TokenizerCases>(caseFolder, "tokenizer-cases.json");
  const count = cases.encode.length + cases.decode.length + cases.chat.length;
  const found = disagreements(loadTokenizer(path.join(fixturesFolder, folder)), cases);
  console.log(`${folder}: ${found.length} disagreements in ${count} cases`);
  expect(count).toBeGreaterThan(0);
  expect(found).toEqual([]);
}

it.skipIf(fixturesAbsent)("there are recorded cases", () => {
  expect(caseFolders).not.toEqual([]);
});

it.each(caseFolders)("%s agrees with transformers", (folder) => expectAgreement(folder, folder));

// Checkpoints hold a tokenizer that has recorded cases, each in its own style of files.
it.each(foldersWith("models", "tokenizer.json"))("the tokenizer of %s agrees with transformers", (folder) => {
  const caseFolder = casesByVocabulary.get(vocabularyOf(folder));
  expect(caseFolder, "a folder of cases for this vocabulary").toBeDefined();
  expectAgreement(folder, caseFolder!);
});
