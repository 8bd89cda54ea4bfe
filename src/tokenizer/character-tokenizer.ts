import { ConfigError } from "../errors.ts";

const padToken = "<|pad|>";
const endToken = "<|end|>";

export interface CharacterAlphabet {
  /** ASCII; each is a token of its own. */
  characters: string;
  /** Strings that are one token each and stay in decoded text, such as `<think>`. */
  tags?: readonly string[];
}

function checkDistinct(values: readonly string[], what: string): void {
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  if (repeated !== undefined) {
    throw new ConfigError(`${what} ${JSON.stringify(repeated)} stands twice in the alphabet; leave one out`);
  }
}

/** The symbol that stands for an ASCII character in byte-level vocabularies: blanks and controls are moved to U+0100 and on. */
function byteLevelSymbol(character: string): string {
  const code = character.charCodeAt(0);
  if (code <= 0x20) {
    return String.fromCharCode(0x100 + code);
  }
  return code === 0x7f ? "\u0121" : character;
}

/**
 * The files of a character-level tokenizer, in the format of Hugging Face: characters first, then tags, padding token
 * and end token. It is byte-level BPE without merges, since transformers rebuilds a Qwen2 model's tokenizer as byte-level
 * BPE whatever the files say; that is why characters are ASCII, one byte each.
 */
export function characterTokenizerFiles({ characters, tags = [] }: CharacterAlphabet): {
  "tokenizer.json": string;
  "tokenizer_config.json": string;
} {
  const alphabet = [...characters];
  const added = [...tags, padToken, endToken];
  checkDistinct(alphabet, "the character");
  checkDistinct(added, "the tag");
  if (alphabet.length === 0 || added.includes("")) {
    throw new ConfigError("an alphabet needs at least one character, and a tag is never empty");
  }
  const foreign = alphabet.find((character) => character > "\x7f");
  if (foreign !== undefined) {
    throw new ConfigError(
      `the character ${JSON.stringify(foreign)} of the alphabet is not ASCII; write it as a tag or leave it out`,
    );
  }
  const tokenizer = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added.map((content, index) => ({
      id: alphabet.length + index,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: content === padToken || content === endToken,
    })),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(alphabet.map((character, id) => [byteLevelSymbol(character), id])),
      merges: [],
    },
  };
  const config = {
    bos_token: null,
    clean_up_tokenization_spaces: false,
    eos_token: endToken,
    pad_token: padToken,
    tokenizer_class: "PreTrainedTokenizerFast",
    unk_token: null,
  };
  return {
    "tokenizer.json": `${JSON.stringify(tokenizer, null, 2)}\n`,
    "tokenizer_config.json": `${JSON.stringify(config, null, 2)}\n`,
  };
}
