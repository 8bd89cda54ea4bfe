import * as library from "@huggingface/tokenizers";
import { z } from "zod";
import { shown } from "../error-text.ts";
import { errorMessage, ModelError } from "../errors.ts";
import { valueAt } from "../value-at.ts";

/** The library's type declarations do not resolve for Node's modules. */
const { ReplacePreTokenizer } = library as unknown as {
  ReplacePreTokenizer: new (component: { pattern: { Regex: string } }) => unknown;
};

const flag = z.boolean().nullish();
const text = z.string().nullish();
/** What a text is lengthened by; more than a word would let a small file ask for any amount of memory. */
const insertion = z.string().max(256);

/** Compiles a pattern as the library does. */
function checkPattern(source: string, context: z.RefinementCtx): void {
  try {
    new ReplacePreTokenizer({ pattern: { Regex: source } });
  } catch (error) {
    context.addIssue(errorMessage(error));
  }
}

const pattern = z
  .looseObject({
    String: z.string().min(1).optional(),
    Regex: z.string().superRefine(checkPattern).optional(),
  })
  .refine(({ String: text, Regex: source }) => (text === undefined) !== (source === undefined), {
    error: "must have either String or Regex",
  });

/** A component without settings. */
const plain = <const Type extends string>(type: Type) => z.looseObject({ type: z.literal(type) });
const replace = z.looseObject({ type: z.literal("Replace"), pattern, content: insertion });

type Component = z.ZodType<Record<string, unknown>>;

const normalizer: Component = z.lazy(() =>
  z.discriminatedUnion("type", [
    plain("NFC"),
    plain("NFD"),
    plain("NFKC"),
    plain("NFKD"),
    plain("Lowercase"),
    plain("StripAccents"),
    replace,
    z.looseObject({ type: z.literal("Strip"), strip_left: flag, strip_right: flag }),
    z.looseObject({ type: z.literal("Prepend"), prepend: insertion }),
    z.looseObject({
      type: z.literal("BertNormalizer"),
      clean_text: flag,
      handle_chinese_chars: flag,
      strip_accents: flag,
      lowercase: flag,
    }),
    z.looseObject({ type: z.literal("Precompiled"), precompiled_charsmap: text }),
    z.looseObject({ type: z.literal("Sequence"), normalizers: z.array(normalizer) }),
  ]),
);

const preTokenizer: Component = z.lazy(() =>
  z.discriminatedUnion("type", [
    plain("Whitespace"),
    plain("WhitespaceSplit"),
    plain("BertPreTokenizer"),
    replace,
    z.looseObject({ type: z.literal("ByteLevel"), add_prefix_space: flag, use_regex: flag }),
    z
      .looseObject({
        type: z.literal("Split"),
        pattern,
        behavior: z.enum(["Isolated", "Removed"]),
        invert: flag,
      })
      // Isolated pieces are the same whichever of them the pattern calls for; the library would drop the others.
      .transform((split) => (split.behavior === "Isolated" ? { ...split, invert: false } : split)),
    z.looseObject({
      type: z.literal("Metaspace"),
      replacement: insertion.optional(),
      str_rep: insertion.optional(),
      prepend_scheme: z.enum(["always", "first", "never"]).nullish(),
    }),
    z.looseObject({ type: z.literal("Punctuation"), behavior: z.literal("Contiguous") }),
    z.looseObject({ type: z.literal("Digits"), individual_digits: flag }),
    z.looseObject({ type: z.literal("FixedLength"), length: z.int().min(1) }),
    z.looseObject({ type: z.literal("Sequence"), pretokenizers: z.array(preTokenizer) }),
  ]),
);

const templatePiece = z.union(
  [
    z.object({ SpecialToken: z.looseObject({ id: z.string() }) }),
    z.object({ Sequence: z.looseObject({ id: z.enum(["A", "B"]) }) }),
  ],
  { error: "must be { SpecialToken: { id } } or { Sequence: { id: A or B } }" },
);
const numberedToken = z.tuple([z.string(), z.int()]);
const postProcessor: Component = z.lazy(() =>
  z.discriminatedUnion("type", [
    plain("ByteLevel"),
    z.looseObject({
      type: z.literal("TemplateProcessing"),
      single: z.array(templatePiece),
      special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(z.int()) })),
    }),
    z.looseObject({ type: z.literal("BertProcessing"), sep: numberedToken, cls: numberedToken }),
    z.looseObject({ type: z.literal("RobertaProcessing"), sep: numberedToken, cls: numberedToken }),
    z.looseObject({ type: z.literal("Sequence"), processors: z.array(postProcessor) }),
  ]),
);

const decoder: Component = z.lazy(() =>
  z.discriminatedUnion("type", [
    plain("ByteLevel"),
    plain("Fuse"),
    plain("ByteFallback"),
    replace,
    z.looseObject({ type: z.literal("WordPiece"), prefix: z.string(), cleanup: flag }),
    z.looseObject({ type: z.literal("Metaspace"), replacement: insertion.optional() }),
    z.looseObject({ type: z.literal("BPEDecoder"), suffix: z.string().min(1) }),
    z.looseObject({
      type: z.literal("Strip"),
      content: z.string().length(1),
      start: z.int().min(0),
      stop: z.int().min(0),
    }),
    z.looseObject({ type: z.literal("Sequence"), decoders: z.array(decoder) }),
  ]),
);

/** Vocabulary and merges are checked apart: they hold a few hundred thousand entries. */
const model = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("BPE"),
    vocab: z.custom<Record<string, unknown>>(isObject, "must give every token an id"),
    merges: z.array(z.unknown()),
    dropout: z.literal(0).nullish(),
    unk_token: text,
    // The library does not know prefixes.
    continuing_subword_prefix: z.literal("").nullish(),
    end_of_word_suffix: text,
    fuse_unk: flag,
    byte_fallback: flag,
    ignore_merges: flag,
  }),
  z.looseObject({
    type: z.literal("WordPiece"),
    vocab: z.custom<Record<string, unknown>>(isObject, "must give every token an id"),
    unk_token: z.string(),
    continuing_subword_prefix: z.string(),
    max_input_chars_per_word: z.int().min(1).optional(),
  }),
  z.looseObject({
    type: z.literal("WordLevel"),
    vocab: z.custom<Record<string, unknown>>(isObject, "must give every token an id"),
    unk_token: z.string(),
  }),
  z.looseObject({
    type: z.literal("Unigram"),
    vocab: z.custom<unknown[]>((value) => Array.isArray(value), "must be a list of tokens and scores"),
    unk_id: z.int().min(0),
    byte_fallback: z.literal(false).nullish(),
  }),
]);

const addedToken = z.looseObject({
  content: z.string().min(1),
  special: flag,
  normalized: flag,
  lstrip: flag,
  rstrip: flag,
  // The library does not know it.
  single_word: z.literal(false).nullish(),
});

/** Beyond the largest vocabulary there is by far; an id is also a length that others allocate. */
const largestTokenId = 2 ** 24 - 1;

const tokenizer = z.looseObject({
  model: z.preprocess(nameModelType, model),
  added_tokens: z.array(addedToken.extend({ id: z.int().min(0).max(largestTokenId) })).nullish(),
  normalizer: normalizer.nullish(),
  pre_tokenizer: preTokenizer.nullish(),
  post_processor: postProcessor.nullish(),
  decoder: decoder.nullish(),
});

const namedToken = z.union([z.string(), z.looseObject({ content: z.string() })], {
  error: "must be a token, or an object with its content",
});
const role = namedToken.nullish();
const namedTokens = z.union([z.array(namedToken), z.record(z.string(), namedToken)], {
  error: "must be a list of tokens",
});

const config = z.looseObject({
  bos_token: role,
  eos_token: role,
  unk_token: role,
  sep_token: role,
  pad_token: role,
  cls_token: role,
  mask_token: role,
  additional_special_tokens: namedTokens.nullish(),
  extra_special_tokens: namedTokens.nullish(),
  added_tokens_decoder: z.record(z.string().regex(/^\d{1,8}$/, "must be token ids"), addedToken).nullish(),
  clean_up_tokenization_spaces: flag,
});

export type TokenizerJson = z.output<typeof tokenizer>;
export type TokenizerConfig = z.output<typeof config>;

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Files of early versions do not name the model's type. */
function nameModelType(value: unknown): unknown {
  if (!isObject(value) || (value as { type?: unknown }).type !== undefined) {
    return value;
  }
  const fields = value as Record<string, unknown>;
  const wordType = "continuing_subword_prefix" in fields ? "WordPiece" : "WordLevel";
  return { ...fields, type: "merges" in fields ? "BPE" : Array.isArray(fields.vocab) ? "Unigram" : wordType };
}

const wayOut = "copy the file again, or take another tokenizer if it is as published";

function check<Schema extends z.ZodType>(schema: Schema, value: unknown, file: string): z.output<Schema> {
  try {
    const result = schema.safeParse(value);
    if (result.success) {
      return result.data;
    }
    const { path, message } = result.error.issues[0]!;
    const found = shown(valueAt(value, path));
    throw new ModelError(`${file}: ${path.join(".")} cannot be ${found}: ${message}; ${wayOut}`);
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
    throw new ModelError(`${file} nests too deeply (${errorMessage(error)}); copy the file again`);
  }
}

/** What `tokenizer.json` holds, in the form that is supported; the rest is a ModelError that names file and field. */
export function checkTokenizer(value: unknown, file: string): TokenizerJson {
  return check(tokenizer, value, file);
}

export function checkTokenizerConfig(value: unknown, file: string): TokenizerConfig {
  return check(config, value, file);
}

/** The ids of the trained tokens. */
export function checkVocabulary({ model }: TokenizerJson, file: string): Map<string, number> {
  const entries: [unknown, unknown][] =
    model.type === "Unigram"
      ? model.vocab.map((entry, id): [unknown, unknown] => [entry, id])
      : Object.entries(model.vocab);
  if (entries.length === 0) {
    throw new ModelError(
      `${file}: model.vocab must give every token an id, and is empty; copy the file again`,
    );
  }
  return new Map(
    entries.map(([token, id]): [string, number] => {
      if (model.type === "Unigram") {
        if (!Array.isArray(token) || typeof token[0] !== "string" || !Number.isFinite(token[1])) {
          throw new ModelError(
            `${file}: model.vocab.${id} cannot be ${shown(token)}: must be a token and its score; copy the file again`,
          );
        }
        return [token[0], id as number];
      }
      if (!Number.isInteger(id) || (id as number) < 0 || (id as number) > largestTokenId) {
        throw new ModelError(
          `${file}: model.vocab must give every token an id, and gives ${shown(token)} ${shown(id)}; copy the file again`,
        );
      }
      return [token as string, id as number];
    }),
  );
}

/** Merges as pairs, whichever of the two ways they are written in. */
export function checkMerges(
  merges: readonly unknown[],
  vocabulary: ReadonlyMap<string, number>,
  file: string,
): (readonly [string, string])[] {
  return merges.map((merge, index) => {
    const parts: unknown = typeof merge === "string" ? merge.split(" ") : merge;
    const [left, right] = Array.isArray(parts) && parts.length === 2 ? parts : [];
    if (typeof left !== "string" || typeof right !== "string") {
      throw new ModelError(
        `${file}: model.merges.${index} cannot be ${shown(merge)}: must be two tokens; copy the file again`,
      );
    }
    const absent = [left, right, left + right].find((token) => !vocabulary.has(token));
    if (absent !== undefined) {
      throw new ModelError(
        `${file}: model.merges.${index} names ${shown(absent)}, which model.vocab does not have; copy the file again`,
      );
    }
    return [left, right];
  });
}
