import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DataError, ModelError } from "../errors.ts";
import { createLibraryTokenizer } from "./library-tokenizer.ts";
import { loadTokenizer } from "./load-tokenizer.ts";
import { readTokenizerFiles } from "./tokenizer-files.ts";
import { checkVocabulary } from "./tokenizer-schema.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "gpgrad-tokenizer-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

/** A byte-level tokenizer whose vocabulary is `symbols`, with `<s>`, `</s>` and `<tag>` after them. */
function tokenizerJson(symbols: readonly string[], changes: object = {}): object {
  const first = symbols.length;
  return {
    added_tokens: [
      { id: first, content: "<s>", ...special },
      { id: first + 1, content: "</s>", ...special },
      { id: first + 2, content: "<tag>", ...special, special: false },
    ],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel" },
    model: {
      type: "BPE",
      unk_token: null,
      vocab: Object.fromEntries(symbols.map((s, i) => [s, i])),
      merges: [],
    },
    ...changes,
  };
}

function write(name: string, content: unknown): void {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  writeFileSync(path.join(directory, name), text);
}

function writeBoth(tokenizer: object, config: object): void {
  write("tokenizer.json", tokenizer);
  write("tokenizer_config.json", config);
}

const letters = ["a", "b", "Ġ", ".", "Ã", "©"];
const addsBegin = {
  post_processor: {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
    pair: [],
    special_tokens: { "<s>": { id: "<s>", ids: [6], tokens: ["<s>"] } },
  },
};

describe("encode", () => {
  it("splits off special tokens and adds nothing unless asked", () => {
    writeBoth(tokenizerJson(letters, addsBegin), { bos_token: "<s>", eos_token: { content: "</s>" } });
    const tokenizer = loadTokenizer(directory);
    expect(tokenizer.encode("a<tag>b</s>")).toEqual([0, 8, 1, 7]);
    expect(tokenizer.encode("ab", { addSpecialTokens: true })).toEqual([6, 0, 1]);
    expect(tokenizer.endTokenIds).toEqual([7]);
    expect(tokenizer.padTokenId).toBeNull();
    expect(tokenizer.vocabularySize).toBe(9);
  });

  it("adds no second beginning-of-sequence token to a text that has one", () => {
    writeBoth(tokenizerJson(letters, addsBegin), { bos_token: "<s>" });
    expect(loadTokenizer(directory).encode("<s>ab", { addSpecialTokens: true })).toEqual([6, 0, 1]);
  });

  it("names the character that has no token", () => {
    writeBoth(tokenizerJson(letters), {});
    const tokenizer = loadTokenizer(directory);
    expect(tokenizer.decode(tokenizer.encode("é"))).toBe("é");
    for (const text of ["abcab", "ab caé", "c"]) {
      expect(() => tokenizer.encode(text)).toThrow(DataError);
      expect(() => tokenizer.encode(text)).toThrow(/^"c" is not in the vocabulary of .*tokenizer\.json; /);
    }
    // U+00E8 starts with a byte that has a token and ends with one that has none.
    expect(() => tokenizer.encode("aè")).toThrow(/^"è" is not in the vocabulary/);
  });

  it("takes U+0085 for white space and U+FEFF for none, where GPT-2's splitting is built in", () => {
    // A full stop joins the symbol before it only where splitting leaves the two in one piece.
    const symbols = [".", "ï", "»", "¿", "ï»", "ï»¿", "ï»¿.", "Â", "ħ", "Âħ", "Âħ."];
    const merges = ["ï »", "ï» ¿", "ï»¿ .", "Â ħ", "Âħ ."];
    const json = tokenizerJson(symbols) as { model: object };
    writeBoth({ ...json, model: { ...json.model, merges } }, {});
    const tokenizer = loadTokenizer(directory);
    const idsOf = (...pieces: string[]): number[] => pieces.map((piece) => symbols.indexOf(piece));
    expect(tokenizer.encode("\ufeff.")).toEqual(idsOf("ï»¿."));
    expect(tokenizer.encode("\u0085.")).toEqual(idsOf("Âħ", "."));
  });
});

it("takes the white space of Unicode away beside added tokens that ask for it, as tokenizers does", () => {
  const symbols = [".", "ï", "»", "¿", "Â", "ħ", "Ġ"];
  const added = { ...special, lstrip: true, rstrip: true };
  writeBoth(tokenizerJson(symbols, { added_tokens: [{ id: 9, content: "<s>", ...added }] }), {});
  const tokenizer = loadTokenizer(directory);
  const dot = symbols.indexOf(".");
  expect(tokenizer.encode(". \u0085<s>\u0085 .")).toEqual([dot, 9, dot]);
  expect(tokenizer.encode("<s>\ufeff.")).toEqual([9, 1, 2, 3, dot]);
});

it("keeps the pieces between the matches of an inverted pattern, which the library drops", () => {
  const split = { type: "Split", pattern: { String: "b" }, behavior: "Isolated", invert: true };
  const pretokenizers = [split, { type: "ByteLevel", use_regex: false }];
  writeBoth(tokenizerJson(letters, { pre_tokenizer: { type: "Sequence", pretokenizers } }), {});
  expect(loadTokenizer(directory).encode("aba")).toEqual([0, 1, 0]);
});

it("stops a pattern that backtracks without end", () => {
  const split = { type: "Split", pattern: { Regex: "(a+)+$" }, behavior: "Isolated", invert: false };
  writeBoth(tokenizerJson(letters, { pre_tokenizer: split }), {});
  expect(loadTokenizer(directory).encode("aa")).toEqual([0, 0]);
  const files = readTokenizerFiles(directory);
  const vocabulary = checkVocabulary(files.tokenizer, files.tokenizerFile);
  const library = createLibraryTokenizer(files, vocabulary, [], 20);
  const encode = (): unknown => library.encode(`${"a".repeat(60)}b`, { add_special_tokens: false });
  expect(encode).toThrow(ModelError);
  expect(encode).toThrow(/tokenizer\.json cannot encode a text of 61 characters: it took longer .*backtrack/);
});

describe("decode", () => {
  it("leaves out special tokens on request and ids without a token always", () => {
    writeBoth(tokenizerJson(letters), { eos_token: "</s>", clean_up_tokenization_spaces: true });
    const tokenizer = loadTokenizer(directory);
    expect(tokenizer.decode([])).toBe("");
    expect(tokenizer.decode([0, 99, 8, 1, 7])).toBe("a<tag>b</s>");
    expect(tokenizer.decode([0, 99, 8, 1, 7], { skipSpecialTokens: true })).toBe("a<tag>b");
    expect(tokenizer.decode([7, 99], { skipSpecialTokens: true })).toBe("");
    // A byte-pair tokenizer's blanks belong to the text, whatever the configuration says of cleaning up.
    expect(tokenizer.decode([0, 2, 3])).toBe("a .");
    expect(tokenizer.decode([0, 4])).toBe("a\ufffd");
  });

  it("treats what only the configuration calls special as special", () => {
    writeBoth(tokenizerJson(letters), {
      eos_token: "b",
      additional_special_tokens: ["<tag>"],
      added_tokens_decoder: { 9: { content: "<more>", special: true } },
    });
    const tokenizer = loadTokenizer(directory);
    expect(tokenizer.encode("a<more>b")).toEqual([0, 9, 1]);
    expect(tokenizer.endTokenIds).toEqual([1]);
    expect(tokenizer.vocabularySize).toBe(10);
    expect(tokenizer.decode([0, 8, 1, 9, 0], { skipSpecialTokens: true })).toBe("aa");
  });
});

describe("applyChatTemplate", () => {
  const chat = [{ role: "user", content: "ab" }];
  const template =
    "{{ bos_token }}{% for m in messages %}\n  {% if true %}\n{{ m.role }}: {{ m.content }}\n{% endif %}\n{% endfor %}{% if add_generation_prompt %}>{% endif %}";

  it("takes the template of its own file before the one in the configuration", () => {
    writeBoth(tokenizerJson(letters), { bos_token: "<s>", chat_template: "old" });
    expect(loadTokenizer(directory).applyChatTemplate(chat)).toBe("old");
    write("chat_template.jinja", template);
    const tokenizer = loadTokenizer(directory);
    expect(tokenizer.applyChatTemplate(chat)).toBe("<s>user: ab\n");
    expect(tokenizer.applyChatTemplate(chat, { addGenerationPrompt: true })).toBe("<s>user: ab\n>");
  });

  it("takes the processor's template, which older folders of vision models have, before the tokenizer's", () => {
    writeBoth(tokenizerJson(letters), { chat_template: "text only" });
    write("chat_template.json", { chat_template: "with images" });
    expect(loadTokenizer(directory).applyChatTemplate(chat)).toBe("with images");
    write("chat_template.json", {});
    expect(loadTokenizer(directory).applyChatTemplate(chat)).toBe("text only");
    write("chat_template.json", "{");
    expect(() => loadTokenizer(directory)).toThrow(/chat_template\.json is not JSON/);
  });

  it("takes the default of several named templates, and the one for tools if there are some", () => {
    const chatTemplate = [
      { name: "tool_use", template: "tools" },
      { name: "default", template: "plain" },
    ];
    writeBoth(tokenizerJson(letters), { chat_template: chatTemplate });
    expect(loadTokenizer(directory).applyChatTemplate(chat)).toBe("plain");
    expect(loadTokenizer(directory).applyChatTemplate(chat, { tools: [{}] })).toBe("tools");
    writeBoth(tokenizerJson(letters), { chat_template: chatTemplate.slice(0, 1) });
    expect(() => loadTokenizer(directory)).toThrow(/tokenizer_config\.json: chat_template must be a string/);
  });

  it("says that there is no template, that it is broken, or that it refuses", () => {
    writeBoth(tokenizerJson(letters), {});
    expect(() => loadTokenizer(directory).applyChatTemplate(chat)).toThrow(ModelError);
    expect(() => loadTokenizer(directory).applyChatTemplate(chat)).toThrow(
      /has no chat_template .*plain text/,
    );
    write("chat_template.jinja", "{% if %}");
    const broken = loadTokenizer(directory);
    expect(broken.encode("a")).toEqual([0]);
    expect(() => broken.applyChatTemplate(chat)).toThrow(/template in .*chat_template\.jinja cannot render/);
    write("chat_template.jinja", "{{ raise_exception('users first') }}");
    expect(() => loadTokenizer(directory).applyChatTemplate(chat)).toThrow(/cannot render .*users first/);
  });
});

describe("a folder that cannot be used", () => {
  it("is named, with the file and the way out", () => {
    const load = (): unknown => loadTokenizer(directory);
    const fails = (message: RegExp): void => {
      expect(load).toThrow(ModelError);
      expect(load).toThrow(message);
    };
    expect(() => loadTokenizer(path.join(directory, "absent"))).toThrow(/^no model folder at .*absent; give/);
    fails(/has no tokenizer\.json; copy it/);
    write("tokenizer.json", "{");
    fails(/tokenizer\.json is not JSON .*; copy it again/);
    write("tokenizer.json", "[]");
    fails(/tokenizer\.json must hold a JSON object/);
    write("tokenizer.json", {});
    fails(/has no tokenizer_config\.json; copy it/);
    write("tokenizer_config.json", {});
    fails(/tokenizer\.json: model cannot be missing: .*; copy/);
    const field = (changes: object, message: RegExp): void => {
      write("tokenizer.json", tokenizerJson(["a"], changes));
      fails(message);
    };
    field(
      { model: { type: "BPE", vocab: {}, merges: [] } },
      /model\.vocab must give every token an id, and is/,
    );
    field({ model: { type: "BPE", vocab: { a: -1 }, merges: [] } }, /model\.vocab .* and gives "a" -1; copy/);
    field({ model: { type: "BPE", vocab: { a: 0 }, merges: ["a b"] } }, /model\.merges\.0 names "b", which/);
    field(
      { model: { type: "BPE", vocab: { a: 0 }, merges: ["a"] } },
      /model\.merges\.0 cannot be "a": must be two/,
    );
    field(
      { model: { type: "WordPiece", vocab: { a: 0 }, unk_token: "?", continuing_subword_prefix: "#" } },
      /unk_token names "\?"/,
    );
    field({ model: { type: "Unigram", vocab: [["a", 0]], unk_id: 7 } }, /model\.unk_id is 7, but/);
    field({ added_tokens: [{ content: "<s>" }] }, /tokenizer\.json: added_tokens\.0\.id cannot be missing/);
    field({ added_tokens: [{ content: "<s>", id: 2 ** 40 }] }, /added_tokens\.0\.id cannot be 1099511627776/);
    field({ pre_tokenizer: { type: "Unheard" } }, /pre_tokenizer\.type cannot be "Unheard"/);
    const split = { type: "Split", pattern: { Regex: "a(" }, behavior: "Isolated" };
    field(
      { pre_tokenizer: { type: "Sequence", pretokenizers: [split] } },
      /pretokenizers\.0\.pattern\.Regex cannot/,
    );
    const merging = { ...split, pattern: { Regex: "a" }, behavior: "MergedWithNext" };
    field({ pre_tokenizer: merging }, /pre_tokenizer\.behavior cannot be "MergedWithNext"/);
    const single = [{ SpecialToken: { id: "<z>" } }];
    const template = { type: "TemplateProcessing", single, special_tokens: {} };
    field({ post_processor: template }, /post_processor names "<z>", which is not among its tokens/);
    field(
      { normalizer: { type: "Replace", pattern: { String: "a" }, content: "b".repeat(999) } },
      /normalizer\.content/,
    );
    writeBoth(tokenizerJson(["a"]), { eos_token: 5 });
    fails(/tokenizer_config\.json: eos_token cannot be 5: must be a token/);
    writeBoth(tokenizerJson(["a"]), { eos_token: "<end>" });
    fails(/tokenizer_config\.json: eos_token is "<end>", which .*tokenizer\.json does not have; name one/);
  });
});
