/** Turns tokens into text piece by piece: what is given out is never taken back. */
export interface TextStream {
  /** Takes the next token; returns the text that is certain now. */
  push(tokenId: number): string;
  /** The text that is left when no token follows. */
  end(): string;
}

type Decode = (tokenIds: readonly number[]) => string;

/** Tokens that are decoded together before the oldest are forgotten, and those that stay: they are context for what follows. */
const windowTokens = 64;
const contextTokens = 8;

/** A character of UTF-8 lacks at most so many bytes, and the decoder shows at most one of these for each that is there. */
const openCharacter = /\ufffd{1,3}$/;

/**
 * Streams the text of one completion up to the first of the stop strings, which is no part of it. Characters whose bytes
 * are not all there yet and text that may be the beginning of a stop string are held back.
 */
export function createTextStream(decode: Decode, stop: readonly string[]): TextStream {
  const characters = createCharacterStream(decode);
  let held = "";
  let stopped = false;
  const release = (more: string, isLast: boolean): string => {
    if (stopped) {
      return "";
    }
    const text = held + more;
    const ends = stop.map((candidate) => text.indexOf(candidate)).filter((at) => at >= 0);
    stopped = ends.length > 0;
    const certain = stopped ? Math.min(...ends) : text.length - (isLast ? 0 : possibleStop(text, stop));
    held = stopped ? "" : text.slice(certain);
    return text.slice(0, certain);
  };
  return {
    push: (tokenId) => release(characters.push(tokenId), false),
    end: () => release(characters.end(), true),
  };
}

/** The text of a whole completion as its stream gives it out. */
export function completionText(tokenIds: readonly number[], decode: Decode, stop: readonly string[]): string {
  const stream = createTextStream(decode, stop);
  return tokenIds.map((tokenId) => stream.push(tokenId)).join("") + stream.end();
}

/** Length of the longest end of the text that a stop string begins with. */
function possibleStop(text: string, stop: readonly string[]): number {
  let longest = 0;
  for (const candidate of stop) {
    for (let length = Math.min(candidate.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(candidate.slice(0, length))) {
        longest = length;
      }
    }
  }
  return longest;
}

function createCharacterStream(decode: Decode): TextStream {
  let window: number[] = [];
  let limit = windowTokens;
  /** Characters of the window's text that were given out. */
  let given = 0;
  return {
    push: (tokenId) => {
      window.push(tokenId);
      const text = decode(window);
      const certain = text.replace(openCharacter, "");
      const piece = certain.slice(given);
      given = Math.max(given, certain.length);
      if (window.length >= limit) {
        const context = window.slice(-contextTokens);
        const contextText = decode(context);
        const isContext = certain === text && text.endsWith(contextText);
        if (isContext) {
          window = context;
          given = contextText.length;
        }
        limit = isContext ? windowTokens : 2 * limit;
      }
      return piece;
    },
    end: () => decode(window).slice(given),
  };
}
