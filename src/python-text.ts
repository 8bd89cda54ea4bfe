/** Python's idea of white space (`str.isspace`), which is not JavaScript's: U+FEFF is none, U+001C to U+001F and U+0085 are. */
export const whiteSpace =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

const isWhiteSpace = new RegExp(`[${whiteSpace}]`);

/** Python's `strip`: from the start, the end or both; of white space, or of any character in `characters`. */
export function strip(
  text: string,
  side: "start" | "end" | "both" = "both",
  characters: string | null = null,
): string {
  const set = characters === null ? null : new Set(characters);
  const goes = (code: string): boolean => (set === null ? isWhiteSpace.test(code) : set.has(code));
  let [start, end] = [0, text.length];
  while (side !== "end" && start < end) {
    const character = String.fromCodePoint(text.codePointAt(start)!);
    if (!goes(character)) {
      break;
    }
    start += character.length;
  }
  while (side !== "start" && start < end) {
    const pair = end - start >= 2 ? text.codePointAt(end - 2)! : 0;
    const character = pair > 0xffff ? String.fromCodePoint(pair) : text[end - 1]!;
    if (!goes(character)) {
      break;
    }
    end -= character.length;
  }
  return text.slice(start, end);
}

/** Python's `split()` without a separator: runs of white space part the words; at most `limit` cuts if it is not negative. */
export function splitWords(text: string, limit = -1): string[] {
  const words: string[] = [];
  const word = new RegExp(`[^${whiteSpace}]+`, "g");
  for (let match = word.exec(text); match !== null; match = word.exec(text)) {
    if (limit >= 0 && words.length === limit) {
      return [...words, text.slice(match.index)];
    }
    words.push(match[0]);
  }
  return words;
}

/** Python's `len` of a string: code points, half of a surrogate pair alone as one. */
export function codePointCount(text: string): number {
  let count = text.length;
  for (let index = 1; index < text.length; index++) {
    if (isLowSurrogate(text.charCodeAt(index)) && isHighSurrogate(text.charCodeAt(index - 1))) {
      count--;
    }
  }
  return count;
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** The decimal digits of any script (`\d` in Python's patterns) as ASCII digits; other characters stay. */
export function asciiDigits(text: string): string {
  return text.replace(/(?![0-9])\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0)!;
    let zero = code;
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) {
      zero--;
    }
    // Digits stand in runs of ten from their zero; several runs may follow one another.
    return String((code - zero) % 10);
  });
}
