import { errorMessage } from "./errors.ts";

/**
 * Parses JSON that is nested at most `deepest` levels; anything else is a SyntaxError of one line. A deep text takes many
 * times its size in memory, and what walks its value can run out of stack.
 */
export function parseShallowJson(json: string, deepest: number): unknown {
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    switch (json.charCodeAt(i)) {
      case 0x22:
        i = endOfString(json, i);
        break;
      case 0x5b:
      case 0x7b:
        if (++depth > deepest) {
          throw new SyntaxError(`nested deeper than ${deepest} levels`);
        }
        break;
      case 0x5d:
      case 0x7d:
        depth--;
    }
  }
  try {
    return JSON.parse(json);
  } catch (error) {
    // The message quotes the text, line breaks and all.
    throw new SyntaxError(errorMessage(error).replace(/\s+/g, " "));
  }
}

/** The index of the quote that ends the string which begins at `start`; beyond the text where none does. */
export function endOfString(json: string, start: number): number {
  let i = start + 1;
  while (i < json.length && json.charCodeAt(i) !== 0x22) {
    i += json.charCodeAt(i) === 0x5c ? 2 : 1;
  }
  return i;
}
