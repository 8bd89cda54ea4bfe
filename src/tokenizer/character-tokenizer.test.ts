import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError, DataError } from "../errors.ts";
import { type CharacterAlphabet, characterTokenizerFiles } from "./character-tokenizer.ts";
import { loadTokenizer } from "./load-tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "gpgrad-characters-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function load(alphabet: CharacterAlphabet): Tokenizer {
  for (const [name, content] of Object.entries(characterTokenizerFiles(alphabet))) {
    writeFileSync(path.join(directory, name), content);
  }
  return loadTokenizer(directory);
}

describe("a character tokenizer", () => {
  it("gives each character, tag and special token one id", () => {
    const tokenizer = load({ characters: "01 \n+", tags: ["<think>", "</think>"] });
    const text = "0 1\n<think>+</think><|end|><|pad|>";
    const ids = tokenizer.encode(text);
    expect(ids).toEqual([0, 2, 1, 3, 5, 4, 6, 8, 7]);
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe("0 1\n<think>+</think>");
    expect(tokenizer.vocabularySize).toBe(9);
    expect(tokenizer.endTokenIds).toEqual([8]);
    expect(tokenizer.padTokenId).toBe(7);
  });

  it("refuses a character outside its alphabet by name", () => {
    const tokenizer = load({ characters: "01" });
    expect(() => tokenizer.encode("0x1")).toThrow(DataError);
    expect(() => tokenizer.encode("0x1")).toThrow(/^"x" is not in the vocabulary/);
    expect(() => tokenizer.encode("😀")).toThrow(/^"😀" is not in the vocabulary/);
  });

  it("brings back any text of any ASCII alphabet, one id a character", () => {
    const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    const alphabets = fc.uniqueArray(fc.constantFrom(...ascii), { minLength: 1 });
    const cases = alphabets.chain((characters) =>
      fc.record({
        characters: fc.constant(characters.join("")),
        text: fc.array(fc.constantFrom(...characters)).map((chosen) => chosen.join("")),
      }),
    );
    fc.assert(
      fc.property(cases, ({ characters, text }) => {
        // An alphabet may spell out a special token, which is then one id.
        fc.pre(!/<\|(pad|end)\|>/.test(text));
        const tokenizer = load({ characters });
        const ids = tokenizer.encode(text);
        expect(ids).toEqual([...text].map((character) => characters.indexOf(character)));
        expect(tokenizer.decode(ids)).toBe(text);
      }),
      { numRuns: 50 },
    );
  });

  it("is not made of an alphabet that is no alphabet", () => {
    const make = (alphabet: CharacterAlphabet) => () => characterTokenizerFiles(alphabet);
    expect(make({ characters: "" })).toThrow(ConfigError);
    expect(make({ characters: "aba" })).toThrow(/the character "a" stands twice/);
    expect(make({ characters: "a", tags: ["<b>", "<b>"] })).toThrow(/the tag "<b>" stands twice/);
    expect(make({ characters: "a", tags: ["<|end|>"] })).toThrow(/the tag "<\|end\|>" stands twice/);
    expect(make({ characters: "a", tags: [""] })).toThrow(/a tag is never empty/);
    expect(make({ characters: "aé" })).toThrow(/"é" of the alphabet is not ASCII/);
  });
});
