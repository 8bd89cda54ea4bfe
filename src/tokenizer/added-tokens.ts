import { ModelError } from "../errors.ts";
import type { TokenizerFiles } from "./tokenizer-files.ts";

/** A token beside the trained vocabulary, split off before the text is. */
export interface AddedToken {
  id: number;
  content: string;
  special: boolean;
  normalized: boolean;
  lstrip?: boolean;
  rstrip?: boolean;
  single_word?: boolean;
}

const roles = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/** A special token is written as a string, or as an object with its content. */
function contentOf(value: unknown): string | null {
  if (typeof value === "string") {
    return value;
  }
  const content = (value as { content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : null;
}

/** The tokens that `tokenizer_config.json` gives a role, such as `eos_token`. */
export function specialTokenRoles(config: Record<string, unknown>): Record<string, string> {
  const named = roles.map((role) => [role, contentOf(config[role])]);
  return Object.fromEntries(named.filter(([, content]) => content !== null));
}

function furtherSpecialTokens(config: Record<string, unknown>): string[] {
  return [config.additional_special_tokens, config.extra_special_tokens]
    .flatMap((list) => Object.values((list ?? {}) as Record<string, unknown>))
    .map(contentOf)
    .filter((content) => content !== null);
}

function isAddedToken(value: unknown): value is AddedToken {
  const { id, content } = (value ?? {}) as Partial<AddedToken>;
  return Number.isSafeInteger(id) && id! >= 0 && typeof content === "string" && content !== "";
}

function checked(list: unknown, file: string, field: string): AddedToken[] {
  const tokens = Array.isArray(list) ? list : [];
  const wrong = tokens.findIndex((token) => !isAddedToken(token));
  if (wrong >= 0) {
    throw new ModelError(`${file}: ${field}[${wrong}] needs an id and a content; copy the file again`);
  }
  return tokens;
}

/**
 * The added tokens of `tokenizer.json`, those that only `tokenizer_config.json` lists, and the trained tokens that it
 * calls special: as transformers joins the two files.
 */
export function joinAddedTokens(
  files: TokenizerFiles,
  vocabulary: ReadonlyMap<string, number>,
): AddedToken[] {
  const { tokenizer, tokenizerFile, config, configFile } = files;
  const tokens = new Map<string, AddedToken>();
  for (const token of checked(tokenizer.added_tokens, tokenizerFile, "added_tokens")) {
    tokens.set(token.content, token);
  }
  const listed = Object.entries((config.added_tokens_decoder ?? {}) as Record<string, object>);
  const decoder = listed.map(([id, token]) => ({ ...token, id: Number(id) }));
  for (const token of checked(decoder, configFile, "added_tokens_decoder")) {
    if (!tokens.has(token.content)) {
      tokens.set(token.content, token);
    }
  }
  for (const content of [...Object.values(specialTokenRoles(config)), ...furtherSpecialTokens(config)]) {
    const present = tokens.get(content);
    const id = present?.id ?? vocabulary.get(content);
    if (id !== undefined) {
      tokens.set(content, { normalized: false, ...present, content, id, special: true });
    }
  }
  return [...tokens.values()].sort((a, b) => a.id - b.id);
}
