import { normalizeNumber } from "../normalize-number.ts";

/** A letter that is the whole answer, stands in brackets, or has a bracket, point or colon behind it. */
const bracketed = /[([]([A-F])[)\]]|(?<![\p{L}\p{N}])([A-F])(?=[.):])/giu;
const alone = /^[\s*"'`([]*([A-F])[\s*"'`)\].:]*$/i;
/** Behind a word that announces it; `a` is an article there, but before a few words. */
const announced =
  /\b(?:answer|option|choice)(?:\s+is)?\s*:?\s*\**(A(?!\s+(?!(?:and|as|because|is|or|since)\b)\p{L})|[B-F])(?![\p{L}\p{N}'’])/giu;

/**
 * The index of the only choice that an answer chooses, by its letter or else by its text; undefined if it chooses none or
 * several.
 */
export function chosenOption(answer: string, choices: readonly string[]): number | undefined {
  const text = answer.slice(0, longestAnswer);
  const stated = alone.exec(text)?.[1];
  const marked = stated ? [stated] : lettersOf(text);
  const byLetter = new Set(marked.map((letter) => letter.toUpperCase().charCodeAt(0) - 65));
  const byText = namedChoices(text, choices);
  const chosen = byLetter.size > 0 ? byLetter : byText;
  // A letter and the text of another choice contradict each other.
  const agree = [...byText].every((index) => chosen.has(index));
  const [only] = chosen;
  return chosen.size === 1 && agree && only! < choices.length ? only : undefined;
}

/** In characters; what stands in a longer text is not an answer any more. */
const longestAnswer = 10_000;

function lettersOf(text: string): string[] {
  return [bracketed, announced].flatMap((pattern) =>
    Array.from(text.matchAll(pattern), ([, first, second]) => (first ?? second)!),
  );
}

/** The choices whose words stand in the text, or whose number it is; not those that lie in the words of a longer one. */
function namedChoices(text: string, choices: readonly string[]): Set<number> {
  const found = new Set<number>();
  const number = normalizeNumber(text.replaceAll("*", ""));
  let rest = words(text);
  const longestFirst = [...choices.keys()].sort((a, b) => choices[b]!.length - choices[a]!.length);
  for (const index of longestFirst) {
    const choice = words(choices[index]!);
    const isNumber = number !== undefined && normalizeNumber(choices[index]!) === number;
    if (choice.trim() !== "" && (isNumber || rest.includes(choice))) {
      found.add(index);
      rest = rest.replaceAll(choice, " | ");
    }
  }
  return found;
}

/** Words in lower case, one space before, between and behind them. */
function words(text: string): string {
  return ` ${
    text
      .toLowerCase()
      .match(/[\p{L}\p{N}]+(?:[.,]\p{N}+)*/gu)
      ?.join(" ") ?? ""
  } `;
}
