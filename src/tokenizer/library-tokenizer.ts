import { Tokenizer } from "@huggingface/tokenizers";
import { errorMessage, ModelError } from "../errors.ts";
import type { AddedToken } from "./added-tokens.ts";
import type { TokenizerFiles } from "./tokenizer-files.ts";

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

interface LibraryModel {
  tokens_to_ids: Map<string, number>;
  encode(pieces: string[]): string[];
}

/** GPT-2's splitting with the white space of the reference: U+0085 is, U+FEFF is not, the reverse of JavaScript's `\s`. */
const byteLevelPattern =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

function correctWhiteSpace(preTokenizer: LibraryPreTokenizer | null): void {
  if (preTokenizer?.byte_encoder !== undefined) {
    preTokenizer.pattern = byteLevelPattern;
  }
  preTokenizer?.tokenizers?.forEach(correctWhiteSpace);
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

/** Builds the library's tokenizer from the two files, closer to the reference than the library alone. */
export function createLibraryTokenizer(
  { tokenizer, tokenizerFile, config }: TokenizerFiles,
  addedTokens: readonly AddedToken[],
): LibraryTokenizer {
  const absent = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
  const model = tokenizer.model as Record<string, unknown>;
  const dropsUnknown = model.type === "BPE" && !model.unk_token && !model.byte_fallback;
  const plainSymbols = !model.end_of_word_suffix && !model.continuing_subword_suffix;
  try {
    const library = new Tokenizer({ ...absent, ...tokenizer, added_tokens: addedTokens }, config);
    if (dropsUnknown && plainSymbols) {
      keepUnknownSymbols(library.model as unknown as LibraryModel);
    }
    correctWhiteSpace(library.pre_tokenizer as LibraryPreTokenizer | null);
    return library as unknown as LibraryTokenizer;
  } catch (error) {
    throw new ModelError(
      `${tokenizerFile} cannot be used: ${errorMessage(error)}; save the tokenizer again as a fast one`,
    );
  }
}
