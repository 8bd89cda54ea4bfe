import { Tokenizer } from "@huggingface/tokenizers";
import { errorMessage, ModelError } from "../errors.ts";
import { runWithin, TimeLimitError } from "../time-limit.ts";
import type { AddedToken } from "./added-tokens.ts";
import type { TokenizerFiles } from "./tokenizer-files.ts";
import { checkMerges, type TokenizerJson } from "./tokenizer-schema.ts";

/** What is used of the library, whose own type declarations do not resolve for Node's modules. */
export interface LibraryTokenizer {
  /** An id is undefined where text has no token and there is no unknown token. */
  encode(
    text: string,
    options: { add_special_tokens: boolean },
  ): { ids: (number | undefined)[]; tokens: string[] };
  decode(ids: number[], options: { clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
}

interface LibraryPreTokenizer {
  tokenizers?: LibraryPreTokenizer[];
  byte_encoder?: unknown;
  pattern?: RegExp;
}

/** Parts text at added tokens. */
interface LibrarySplitter {
  split(text: string): string[];
}

interface LibraryModel {
  tokens_to_ids: Map<string, number>;
  encode(pieces: string[]): string[];
}

/** GPT-2's splitting with the white space of the reference: U+0085 is, U+FEFF is not, the reverse of JavaScript's `\s`. */
const byteLevelPattern =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const otherPieces = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
/** The splitting of Qwen and of Llama 3, which take time proportional to the text. */
const quickPatterns: ReadonlySet<string> = new Set(
  ["\\p{N}", "\\p{N}{1,3}"].map(
    (digits) => `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}|${otherPieces}`,
  ),
);

const millisecondsOfAnyText = 10_000;
const millisecondsPerCharacter = 0.1;

function correctWhiteSpace(preTokenizer: LibraryPreTokenizer | null): void {
  if (preTokenizer?.byte_encoder !== undefined) {
    preTokenizer.pattern = byteLevelPattern;
  }
  preTokenizer?.tokenizers?.forEach(correctWhiteSpace);
}

const isWhiteSpace = /\p{White_Space}/u;

/** Takes the white space beside added tokens away where they ask for it: the library takes JavaScript's idea of it. */
function stripBeside(splitter: LibrarySplitter, tokens: ReadonlyMap<string, AddedToken>): void {
  const split = splitter.split.bind(splitter);
  splitter.split = (text) => {
    const sections = split(text);
    for (const [index, section] of sections.entries()) {
      const { lstrip = false, rstrip = false } = tokens.get(section) ?? {};
      const [before = "", after = ""] = [sections[index - 1], sections[index + 1]];
      let [end, start] = [before.length, 0];
      while (lstrip && end > 0 && isWhiteSpace.test(before[end - 1]!)) {
        end--;
      }
      while (rstrip && start < after.length && isWhiteSpace.test(after[start]!)) {
        start++;
      }
      if (end < before.length) {
        sections[index - 1] = before.slice(0, end);
      }
      if (start > 0) {
        sections[index + 1] = after.slice(start);
      }
    }
    return sections;
  };
}

/** Keeps a symbol that has no token where library and reference drop it, so that its missing id can be seen. */
function keepUnknownSymbols(model: LibraryModel): void {
  const encode = model.encode.bind(model);
  model.encode = (pieces) => {
    const tokens = encode(pieces);
    const text = pieces.join("");
    if (tokens.join("").length === text.length) {
      return tokens;
    }
    return [...text].filter((symbol) => !model.tokens_to_ids.has(symbol));
  };
}

/** All objects inside a component and its members. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(objectsIn)];
}

/** Whether text goes through a regular expression that is not known to be quick: it may backtrack without end. */
function mayBacktrack({ normalizer, pre_tokenizer, decoder }: TokenizerJson): boolean {
  return objectsIn([normalizer, pre_tokenizer, decoder]).some(
    ({ Regex: source }) => typeof source === "string" && !quickPatterns.has(source),
  );
}

/** What the post-processor and the model name must be among the tokens. */
function checkNamedTokens(library: LibraryTokenizer, { tokenizer, tokenizerFile }: TokenizerFiles): void {
  const { model, post_processor } = tokenizer;
  const unknown = "unk_token" in model && typeof model.unk_token === "string" ? [model.unk_token] : [];
  const added = objectsIn(post_processor).flatMap((part) => {
    const special = part.SpecialToken as { id: string } | undefined;
    const [sep, cls] = [part.sep, part.cls] as ([string, number] | undefined)[];
    return [special?.id, sep?.[0], cls?.[0]].filter((token) => token !== undefined);
  });
  for (const [field, tokens] of Object.entries({ "model.unk_token": unknown, post_processor: added })) {
    const absent = tokens.find((token) => library.token_to_id(token) === undefined);
    if (absent !== undefined) {
      throw new ModelError(
        `${tokenizerFile}: ${field} names ${JSON.stringify(absent)}, which is not among its tokens; copy the file again`,
      );
    }
  }
  if (model.type === "Unigram" && model.unk_id >= model.vocab.length) {
    throw new ModelError(
      `${tokenizerFile}: model.unk_id is ${model.unk_id}, but model.vocab has ${model.vocab.length} tokens; copy the file again`,
    );
  }
}

/** Builds the library's tokenizer from `tokenizer.json`, closer to the reference than the library alone. */
export function createLibraryTokenizer(
  files: TokenizerFiles,
  vocabulary: ReadonlyMap<string, number>,
  addedTokens: readonly AddedToken[],
  milliseconds = millisecondsOfAnyText,
): LibraryTokenizer {
  const { tokenizer, tokenizerFile } = files;
  const { model } = tokenizer;
  const { normalizer = null, pre_tokenizer = null, post_processor = null, decoder = null } = tokenizer;
  const merges = model.type === "BPE" ? { merges: checkMerges(model.merges, vocabulary, tokenizerFile) } : {};
  const dropsUnknown = model.type === "BPE" && !model.unk_token && !model.byte_fallback;
  const plainSymbols = model.type === "BPE" && !model.end_of_word_suffix;
  let library: LibraryTokenizer;
  try {
    const unstripped = addedTokens.map((token) => ({ ...token, lstrip: false, rstrip: false }));
    const parts = { normalizer, pre_tokenizer, post_processor, decoder, added_tokens: unstripped };
    const built = new Tokenizer(
      { ...parts, model: { ...model, ...merges } },
      // What else `tokenizer_config.json` says is not for the library: `tokenizer.json` decides how text is cut.
      model.type === "WordLevel" ? { unk_token: model.unk_token } : {},
    );
    if (dropsUnknown && plainSymbols) {
      keepUnknownSymbols(built.model as unknown as LibraryModel);
    }
    const stripping = addedTokens.filter(({ lstrip, rstrip }) => lstrip || rstrip);
    if (stripping.length > 0) {
      const byContent = new Map(stripping.map((token) => [token.content, token]));
      stripBeside(built.splitter_unnormalized, byContent);
      stripBeside(built.splitter_normalized, byContent);
    }
    correctWhiteSpace(built.pre_tokenizer as LibraryPreTokenizer | null);
    library = built as unknown as LibraryTokenizer;
  } catch (error) {
    throw new ModelError(
      `${tokenizerFile} cannot be used: ${errorMessage(error)}; save the tokenizer again as a fast one`,
    );
  }
  checkNamedTokens(library, files);
  return withLimits(library, mayBacktrack(tokenizer) ? milliseconds : null, tokenizerFile);
}

/** Turns what goes wrong inside the library into errors that name the file; with a time limit, if there is one. */
function withLimits(library: LibraryTokenizer, milliseconds: number | null, file: string): LibraryTokenizer {
  const run = <Result>(what: string, length: number, work: () => Result): Result => {
    try {
      return milliseconds === null
        ? work()
        : runWithin(Math.ceil(milliseconds + millisecondsPerCharacter * length), work);
    } catch (error) {
      const reason =
        error instanceof TimeLimitError
          ? `it ${error.message}; its regular expressions backtrack: copy the file again`
          : `${errorMessage(error)}; copy the file again`;
      throw new ModelError(`${file} cannot ${what}: ${reason}`);
    }
  };
  return {
    encode: (text, options) =>
      run(`encode a text of ${text.length} characters`, text.length, () => library.encode(text, options)),
    decode: (ids, options) =>
      run(`decode ${ids.length} tokens`, ids.length, () => library.decode(ids, options)),
    token_to_id: (token) => library.token_to_id(token),
    id_to_token: (id) => library.id_to_token(id),
  };
}
