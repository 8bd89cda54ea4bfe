import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isGpgradError, ModelError } from "../errors.ts";
import { loadTokenizer } from "./load-tokenizer.ts";

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), "gpgrad-mutated-"));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

const begin = { SpecialToken: { id: "<s>", type_id: 0 } };
const sequence = { Sequence: { id: "A", type_id: 0 } };
const splitPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const split = { type: "Split", pattern: { Regex: splitPattern }, behavior: "Isolated", invert: false };
const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };

const files = {
  "tokenizer.json": {
    version: "1.0",
    added_tokens: [
      { id: 8, content: "<s>", ...flags, special: true },
      { id: 9, content: "<tag>", ...flags, lstrip: true, special: false },
    ],
    normalizer: {
      type: "Sequence",
      normalizers: [{ type: "NFC" }, { type: "Replace", pattern: { String: "z" }, content: "a" }],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [split, { type: "ByteLevel", add_prefix_space: false, use_regex: false }],
    },
    post_processor: {
      type: "Sequence",
      processors: [
        { type: "ByteLevel", trim_offsets: false },
        {
          type: "TemplateProcessing",
          single: [begin, sequence],
          pair: [],
          special_tokens: { "<s>": { id: "<s>", ids: [8], tokens: ["<s>"] } },
        },
      ],
    },
    decoder: {
      type: "Sequence",
      decoders: [{ type: "ByteLevel" }, { type: "Strip", content: "_", start: 1, stop: 0 }],
    },
    model: {
      type: "BPE",
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: { a: 0, b: 1, Ġ: 2, ".": 3, Ċ: 4, ab: 5, Ġa: 6, "1": 7 },
      merges: ["a b", ["Ġ", "a"]],
    },
  },
  "tokenizer_config.json": {
    bos_token: "<s>",
    eos_token: { content: "<s>", special: true },
    pad_token: null,
    additional_special_tokens: ["<tag>"],
    added_tokens_decoder: { 8: { content: "<s>", special: true }, 10: { content: "<more>", special: false } },
    clean_up_tokenization_spaces: false,
    chat_template: [{ name: "default", template: "{{ messages[0].content }}" }],
  },
};
type FileName = keyof typeof files;
const fileNames = Object.keys(files) as FileName[];

/** The matchers of the test runner take as long as a tokenizer takes to load. */
function expectThat(holds: boolean, what: unknown): void {
  if (!holds) {
    expect.fail(what instanceof Error ? what.stack : JSON.stringify(what));
  }
}

/** Writes both files, uses the tokenizer for all it can do, and says what came of it. */
function use(texts: Readonly<Record<FileName, string>>): "works" | "refused" {
  for (const name of fileNames) {
    writeFileSync(path.join(directory, name), texts[name]);
  }
  try {
    const tokenizer = loadTokenizer(directory);
    for (const text of ["", "ab ab.\n\n a1 z", "<tag> <s>ab\u0085\ud800", "aaaaaaaaaaaa"]) {
      try {
        const ids = tokenizer.encode(text, { addSpecialTokens: true });
        expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < tokenizer.vocabularySize)).toBe(
          true,
        );
        expectThat(typeof tokenizer.decode(ids, { skipSpecialTokens: true }) === "string", texts);
      } catch (error) {
        // A vocabulary that lost a symbol cannot say a text that has it.
        expectThat(isGpgradError(error), error);
      }
    }
    expectThat(typeof tokenizer.decode([0, 5, 10, 99, 2 ** 31]) === "string", texts);
    try {
      expectThat(typeof tokenizer.applyChatTemplate([{ role: "user", content: "ab" }]) === "string", texts);
    } catch (error) {
      expectThat(error instanceof ModelError, error);
    }
    return "works";
  } catch (error) {
    expectThat(error instanceof ModelError && /^\S*tokenizer(_config)?\.json/.test(error.message), error);
    return "refused";
  }
}

/** All places inside a value. */
function places(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [at, ...inner.flatMap(([key, child]) => places(child, [...at, key]))];
}

const sources = Object.fromEntries(fileNames.map((name) => [name, JSON.stringify(files[name])])) as Record<
  FileName,
  string
>;
const allPlaces = fileNames.flatMap((name) =>
  places(files[name])
    .slice(1)
    .map((at) => ({ name, at })),
);
const remove = Symbol("remove");
const junk = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      remove,
      null,
      true,
      false,
      0,
      -1,
      1.5,
      7,
      2 ** 24,
      2 ** 31,
      2 ** 53,
      "",
      "a",
      "<s>",
      "ByteLevel",
      "Sequence",
      "Unigram",
    ],
    ...[
      "WordPiece",
      "WordLevel",
      "(a+)+$",
      "[",
      "\\p{L}+",
      [],
      {},
      [[]],
      ["a", 0],
      { type: "ByteLevel" },
      { type: "Fuse" },
    ],
    ...[
      { Regex: "" },
      { Regex: "(?<!a)|\\s" },
      { String: " " },
      { type: "Metaspace" },
      { type: "Digits", individual_digits: true },
    ],
    ...[
      { type: "FixedLength", length: 0 },
      { type: "Strip", content: "", start: 2 ** 50, stop: 2 ** 50 },
      "toString",
      "__proto__",
    ],
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

function changed(value: unknown, at: readonly string[], by: unknown): unknown {
  const [key, ...rest] = at;
  if (key === undefined || typeof value !== "object" || value === null) {
    return by === remove ? null : by;
  }
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  if (rest.length === 0 && by === remove) {
    if (Array.isArray(copy)) {
      copy.splice(Number(key), 1);
    } else {
      delete copy[key];
    }
    return copy;
  }
  copy[key] = changed(copy[key], rest, by);
  return copy;
}

it("works as it stands", () => {
  expect(use(sources)).toBe("works");
});

it("with pieces lost or replaced it works, or the error names the file", () => {
  const outcomes = { works: 0, refused: 0 };
  const mutation = fc.tuple(fc.constantFrom(...allPlaces), junk);
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 2 }), (mutations) => {
      const mutated: Record<FileName, unknown> = { ...files };
      for (const [{ name, at }, by] of mutations) {
        mutated[name] = changed(mutated[name], at, by);
      }
      const texts = fileNames.map((name) => [name, JSON.stringify(mutated[name])]);
      outcomes[use(Object.fromEntries(texts))]++;
    }),
    { numRuns: 3000, seed: 3 },
  );
  // Mutations that only ever fail, or never do, would show nothing.
  expect(outcomes.works).toBeGreaterThan(100);
  expect(outcomes.refused).toBeGreaterThan(100);
});

it("with characters lost or replaced it works, or the error names the file", () => {
  const change = fc.record({
    name: fc.constantFrom(...fileNames),
    at: fc.nat(),
    length: fc.nat(6),
    by: fc.oneof(
      fc.constantFrom("", '"', "{", "}", "[", "]", ",", ":", "\\", "0", "-", "null", "\u0000"),
      fc.string({ maxLength: 4 }),
    ),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const texts = { ...sources };
      for (const { name, at, length, by } of changes) {
        const text = texts[name];
        const start = at % text.length;
        texts[name] = text.slice(0, start) + by + text.slice(start + length);
      }
      use(texts);
    }),
    { numRuns: 2000, seed: 4 },
  );
});

it("refuses what nests without end", () => {
  const nested = `${'{"type":"Sequence","normalizers":['.repeat(50_000)}{"type":"NFC"}${"]}".repeat(50_000)}`;
  const texts = {
    ...sources,
    "tokenizer.json": sources["tokenizer.json"].replace('"normalizer":', `"normalizer":${nested},"was":`),
  };
  expect(use(texts)).toBe("refused");
});
