import { ConfigError, DataError } from "../../errors.ts";

export interface FitOptions<Item> {
  /** For errors. */
  benchmark: string;
  items: readonly Item[];
  id: (item: Item) => string;
  /** Tokens of the item's prompt. */
  length: (item: Item) => number;
  /** Positions that the model has for prompt and completion together. */
  maxPositions: number;
  /** Tokens a completion may have: asked for, or only usual. */
  maxTokens: { asked: number } | { usual: number };
  /** What a prompt does that leaves too little room. */
  longPrompts: "refuse" | "skip";
}

export interface Fitted<Item> {
  maxTokens: number;
  kept: readonly Item[];
  skipped: readonly Item[];
}

/** Less than this share of the positions is too little for completions, unless it was asked for. */
const leastShare = 1 / 4;
/** What completions get where prompts that leave less are skipped. */
const sharedShare = 1 / 2;

/**
 * A usual limit is lowered to what the longest prompt leaves; one that was asked for stays. Throws DataError with the
 * problem's name for a prompt that leaves too little room, unless such prompts are skipped.
 */
export function fitPrompts<Item>(options: FitOptions<Item>): Fitted<Item> {
  const { benchmark, items, id, length, maxPositions, longPrompts } = options;
  const maxTokens = chooseLimit(options);
  const fits = (item: Item) => length(item) + maxTokens <= maxPositions;
  const kept = items.filter(fits);
  const skipped = items.filter((item) => !fits(item));
  const [first] = skipped;
  if (first !== undefined && longPrompts === "refuse") {
    const more = skipped.length > 1 ? ` (and ${skipped.length - 1} more)` : "";
    throw new DataError(
      `${benchmark}: the prompt of ${id(first)}${more} has ${length(first)} tokens, which with ${maxTokens} for its completion exceed the model's ${maxPositions} positions; lower --max-tokens, or leave such problems out with --long-prompts skip`,
    );
  }
  if (kept.length === 0) {
    throw new DataError(
      `${benchmark}: no prompt leaves ${maxTokens} of the model's ${maxPositions} positions for its completion; lower --max-tokens`,
    );
  }
  return { maxTokens, kept, skipped };
}

function chooseLimit<Item>(options: FitOptions<Item>): number {
  const { benchmark, items, id, length, maxPositions, maxTokens, longPrompts } = options;
  if ("asked" in maxTokens) {
    if (maxTokens.asked >= maxPositions) {
      throw new ConfigError(
        `--max-tokens ${maxTokens.asked} leaves no room for a prompt: the model has ${maxPositions} positions; lower it`,
      );
    }
    return maxTokens.asked;
  }
  const longest = items.reduce((most, item) => (length(item) > length(most) ? item : most));
  const room = maxPositions - length(longest);
  if (room >= Math.min(maxTokens.usual, maxPositions * leastShare)) {
    return Math.min(maxTokens.usual, room);
  }
  if (longPrompts === "skip") {
    return Math.min(maxTokens.usual, Math.floor(maxPositions * sharedShare));
  }
  throw new DataError(
    `${benchmark}: the prompt of ${id(longest)} has ${length(longest)} tokens, which leaves ${Math.max(room, 0)} of the model's ${maxPositions} positions for its completion; give a limit with --max-tokens, and leave out what does not fit with --long-prompts skip`,
  );
}
