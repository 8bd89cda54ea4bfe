import type { TokenizerFiles } from "./tokenizer-files.ts";
import type { TokenizerConfig } from "./tokenizer-schema.ts";

/** A token beside the trained vocabulary, split off before the text is. */
export interface AddedToken {
  id: number;
  content: string;
  special: boolean;
  /** Looked for in the normalized text. */
  normalized: boolean;
  lstrip: boolean;
  rstrip: boolean;
}

/** As files write it; what is left out has its default. */
type WrittenToken = Pick<AddedToken, "content"> & {
  [Flag in "special" | "normalized" | "lstrip" | "rstrip"]?: boolean | null | undefined;
};

function withFlags(token: WrittenToken, id: number): AddedToken {
  const special = token.special ?? false;
  const { content } = token;
  const [lstrip, rstrip] = [token.lstrip ?? false, token.rstrip ?? false];
  return { id, content, special, normalized: token.normalized ?? !special, lstrip, rstrip };
}

const roles = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;

/** A special token is written as a string, or as an object with its content. */
const contentOf = (token: string | { content: string }): string =>
  typeof token === "string" ? token : token.content;

/** The tokens that `tokenizer_config.json` gives a role, such as `eos_token`. */
export function specialTokenRoles(config: TokenizerConfig): Record<string, string> {
  const named = roles.flatMap((role) => {
    const token = config[role];
    return token === undefined || token === null ? [] : [[role, contentOf(token)] as const];
  });
  return Object.fromEntries(named);
}

function furtherSpecialTokens(config: TokenizerConfig): string[] {
  return [config.additional_special_tokens, config.extra_special_tokens].flatMap((tokens) =>
    Object.values(tokens ?? {}).map(contentOf),
  );
}

/**
 * The added tokens of `tokenizer.json`, those that only `tokenizer_config.json` lists, and the trained tokens that it
 * calls special: as transformers joins the two files.
 */
export function joinAddedTokens(
  files: TokenizerFiles,
  vocabulary: ReadonlyMap<string, number>,
): AddedToken[] {
  const { tokenizer, config } = files;
  const tokens = new Map<string, AddedToken>();
  for (const token of tokenizer.added_tokens ?? []) {
    tokens.set(token.content, withFlags(token, token.id));
  }
  for (const [id, token] of Object.entries(config.added_tokens_decoder ?? {})) {
    if (!tokens.has(token.content)) {
      tokens.set(token.content, withFlags(token, Number(id)));
    }
  }
  for (const content of [...Object.values(specialTokenRoles(config)), ...furtherSpecialTokens(config)]) {
    const present = tokens.get(content);
    const id = present?.id ?? vocabulary.get(content);
    if (id !== undefined) {
      tokens.set(content, { ...withFlags({ content, normalized: false }, id), ...present, special: true });
    }
  }
  return [...tokens.values()].sort((a, b) => a.id - b.id);
}
