import { ConfigError } from "../../errors.ts";

/** Watches one completion for stop strings. */
export interface StopDetector {
  /** Takes the completion's next token; true once the text so far contains a stop string. */
  push(tokenId: number): boolean;
}

/** Tokens that are looked at before the oldest are forgotten. */
const windowTokens = 64;
/** Tokens at the start of a window whose text may differ out of context: halves of a character, a dropped space. */
const contextTokens = 8;

/** Finds stop strings wherever they begin or end within tokens, by decoding the latest tokens together. */
export function createStopDetector(
  stop: readonly string[],
  decode: (tokenIds: readonly number[]) => string,
): StopDetector {
  if (stop.includes("")) {
    throw new ConfigError("sampling.stop has an empty string, which every text contains; remove it");
  }
  const longest = Math.max(0, ...stop.map((text) => text.length));
  let window: number[] = [];
  let limit = windowTokens;
  let found = false;
  return {
    push: (tokenId) => {
      if (longest === 0 || found) {
        return found;
      }
      window.push(tokenId);
      const text = decode(window);
      found = stop.some((candidate) => text.includes(candidate));
      if (window.length >= limit) {
        const latest = window.slice(-windowTokens / 2);
        const coversBeginnings = decode(latest.slice(contextTokens)).length >= longest;
        window = coversBeginnings ? latest : window;
        limit = coversBeginnings ? windowTokens : 2 * limit;
      }
      return found;
    },
  };
}
