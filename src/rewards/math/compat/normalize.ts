import type { LatexCleaning } from "../options.ts";

const brackets =
  /\\m?left(\\\{|\{|\\\||\||\[|\(|\\rbracl|\\lgroup|\\lbrace|\\lbrack|\\vert|\\lvert|\\lceil|\\lfloor|\\langle|\\llcorner|\\ulcorner)/g;
const closingBrackets =
  /\\m?right(\\\}|\}|\\\||\||\]|\)|\\rbrack|\\rgroup|\\rbrace|\\vert|\\rvert|\\rceil|\\rfloor|\\rangle|\\lrcorner|\\urcorner)/g;
const permutation = /\(([a-zA-Z0-9+\-*/\\ ]{1,200}?)\)_\{([a-zA-Z0-9+\-*/\\ ]{1,200}?)\}/g;
const removed = /\\mathrm\{th\}|\\!\s*|\\text\s*\{\s*\}|\\\$|\$|(?<!\\)["']|\\displaystyle/g;

/** The first alternative that matches at a place wins; its replacement stands at the same index. */
const replacements: readonly (readonly [pattern: string, replacement: string])[] = [
  [String.raw`\\math(?:rm|it|bf)`, "\\text"],
  [String.raw`\\text(?:normal|bf|it|rm)`, "\\text"],
  [String.raw`\\(?:d|t|c)frac`, "\\frac"],
  [String.raw`\s\.`, " 0."],
  [String.raw`\{\.`, "{0."],
  ["~=", "\\approx"],
  [String.raw`\s*\{\s*,\s*\}`, ","],
  [String.raw`(?<![a-zA-Z])(?:,?\s*(?:and|or))(?![a-zA-Z])`, ","],
  [String.raw`(?:,?\s*\\text\{\s*(?:and|or)\s*\})`, ","],
  [String.raw`(?<!\\)\\\s`, " "],
  ["infinity", "\\infty"],
  [String.raw`,?(?:\\ldots)`, " "],
  [String.raw`\s*\bpercentage\b`, "\\%"],
  [String.raw`\\text\{percentage\}`, "%"],
  [String.raw`\s*\bpercent\b`, "\\%"],
  [String.raw`\\text\{percent\}`, "%"],
  [String.raw`\s*\bpct\b`, "\\%"],
  [String.raw`\\text\{pct\}`, "%"],
  [String.raw`(?:(?<!\\)inf(?!inity))`, "\\infty"],
  [" sqrt", "\\sqrt"],
];
const replaced = new RegExp(replacements.map(([pattern]) => `(${pattern})`).join("|"), "g");

const unitNames = [
  "integerpoint|feet|sue|digit|pound|meal|edge|student|children ticket|multiple|east|degree|mph|kmph|ft|m square| m east|sq m|deg|mile",
  "q .|monkey|prime|ratio|profit of rs|rd|o|gm|p . m|lb|tile|per|dm|lt|gain|ab|way|west|a .|b .|c .|d .|e .|f .|g .|h .|t|h|no change|men",
  "soldier|pie|bc|excess|st|inches|noon|cent|by|gal|kmh|c|acre|rise|a . m|th|π r 2|sq|mark|l|toy|coin|sq . m|gallon|° f|profit|minw|yr",
  "women|am|pm|hr|cu cm|square|v â € ™|are|rupee|rounds|cubic|cc|mtr|s|ohm|number|day|hour|minute|min|second|man|woman|sec|cube|mt",
  "sq inch|mp|∏ cm ³|hectare|more|unit|cu . m|cm 2|rs .|rs|kg|g|month|km|m|cm|mm|apple|liter|loss|yard|pure|year|increase|decrease|d",
  "less|Surface|litre|pi sq m|s .|metre|meter|inch",
].join("|");
/** Only the end of a text is looked at: no unit is longer. */
const unitAtEnd = new RegExp(`(\\d|\\}|\\s)\\s*(?:${unitNames})(?:s|es)?\\s*$`);
const longestUnit = 60;

const malformed: readonly (readonly [RegExp, string])[] = [
  [/\^\s?\(([^\n)]*)\)/g, "^{$1}"],
  [/sqrt\s?\(([^\n)]*)\)/g, "\\sqrt{$1}"],
  [/\\frac\s?(\d)\s?(\d+)/g, "\\frac{$1}{$2}"],
  [/\\log_\s?(\d)\s?(\d+)/g, "\\log_{$1}{$2}"],
  [/\\frac\s?\{(.{0,200}?)\}\s?(\d)/g, "\\frac{$1}{$2}"],
  [/\\frac\s?(\d)\s?\{([^\n}]*)\}/g, "\\frac{$1}{$2}"],
  [/\\sqrt\s?(\d)/g, "\\sqrt{$1}"],
];

/** A longer one is not read. */
export const longestFormula = 6000;

/** Cleans LaTeX before it is read, as math-verify does, in its order. */
export function normalizeLatex(text: string, cleaning: LatexCleaning): string {
  let result = text;
  if (cleaning.boxed !== "none") {
    result = boxedContent(result, cleaning.boxed);
  }
  if (result.length > longestFormula) {
    return result.trim();
  }
  if (cleaning.basicLatex) {
    result = basicLatex(result);
  }
  if (cleaning.equations && !/[,;]/.test(result)) {
    const sides = result.split(/(?<![\\<!>])=/);
    result = sides.length > 2 ? (sides.at(-1) ?? "") : result;
  }
  if (cleaning.units) {
    result = withoutUnits(result);
  }
  if (cleaning.nits) {
    result = result.startsWith(".") ? `0${result}` : result === "0.5" ? "\\frac{1}{2}" : result;
  }
  if (cleaning.malformedOperators) {
    for (const [pattern, replacement] of malformed) {
      result = result.replace(pattern, replacement);
    }
    result = simpleFraction(shortFractions(shortRoots(result.replaceAll(" sqrt", "\\sqrt"))));
  }
  return result.trim();
}

function basicLatex(text: string): string {
  let result = text
    .replaceAll("\\mathrm{T}", "T")
    .replaceAll("\\mathrm{d}", "d")
    .replaceAll("{\\rm d}", "d")
    .replaceAll("\\left[\\begin{matrix}", "\\begin{bmatrix}")
    .replaceAll("\\end{matrix}\\right]", "\\end{bmatrix}")
    .replaceAll(brackets, "$1")
    .replaceAll(closingBrackets, "$1")
    .replaceAll(permutation, "\\frac{($1)!}{(($1)-($2))!}")
    .replaceAll(removed, "")
    .replaceAll(replaced, (...groups) => {
      const index = groups.slice(1, replacements.length + 1).findIndex((group) => group !== undefined);
      return replacements[index]?.[1] ?? "";
    })
    .replaceAll("\n", " ")
    .replaceAll("\t", " ");
  if (!result.includes("matrix")) {
    result = result.replaceAll(/\\\\(?=[a-zA-Z])/g, "\\");
  }
  return result;
}

function withoutUnits(text: string): string {
  let result = text;
  const shorter = withoutUnitText(result).trim();
  if (shorter !== "" && shorter !== result) {
    result = shorter;
  }
  for (let round = 0; round < 2; round++) {
    const start = Math.max(0, result.length - longestUnit);
    const next = result.slice(0, start) + result.slice(start).replace(unitAtEnd, "$1");
    if (next !== "") {
      result = next;
    }
  }
  return result;
}

/** A text at the end, from the first one on that nothing but a square follows. */
function withoutUnitText(text: string): string {
  const end = /\}(?:\^\d|\{\^\d\})?$/.exec(text.slice(-6));
  if (!end) {
    return text;
  }
  const first = /\\(?:text|mbox)\{/.exec(text);
  return first && !text.slice(first.index).includes("\n") ? text.slice(0, first.index) : text;
}

const mostBoxes = 60;

function boxedContent(text: string, mode: "all" | "last"): string {
  const results: string[] = [];
  let position = text.length;
  let limit = text.length;
  let lastStart: number | undefined;
  for (let count = 0; count < mostBoxes; count++) {
    const boxed = text.lastIndexOf("\\boxed", position - 1);
    const framed = text.lastIndexOf("\\fbox", position - 1);
    const start = position > 0 ? Math.max(boxed, framed) : -1;
    if (start < 0) {
      break;
    }
    let open = start + (boxed > framed ? 6 : 5);
    while (open < limit && /\s/.test(text[open] ?? "")) {
      open++;
    }
    if (open >= limit) {
      break;
    }
    const close = text[open] === "{" ? matchingBrace(text, open, limit) : undefined;
    if (close === undefined) {
      if (results.length === 0) {
        results.push(text.slice(open));
      }
      break;
    }
    const content = text.slice(open + 1, close).trim();
    if (
      mode === "last" &&
      lastStart !== undefined &&
      !isJoined(text.slice(close + 1, lastStart), content, results.at(-1))
    ) {
      break;
    }
    if (results.at(-1) !== content) {
      results.push(content);
    }
    lastStart = start;
    limit = start;
    position = start;
  }
  return results.length === 0 ? text : results.reverse().join(",");
}

function isJoined(between: string, content: string, next: string | undefined): boolean {
  return (
    between.length < 10 || (next !== content && between.length < 70 && /\b(?:and|or)\b|,|;/.test(between))
  );
}

function matchingBrace(text: string, open: number, limit: number): number | undefined {
  let depth = 1;
  for (let index = open + 1; index < limit; index++) {
    if (text[index] === "{") {
      depth++;
    } else if (text[index] === "}" && --depth === 0) {
      return index;
    }
  }
  return undefined;
}

function shortRoots(text: string): string {
  const [first = "", ...rest] = text.split("\\sqrt");
  return (
    first +
    rest
      .map((part) => part.trimStart())
      .map((part) =>
        part !== "" && !/^[{[]/.test(part) ? `\\sqrt{${part[0]}}${part.slice(1)}` : `\\sqrt${part}`,
      )
      .join("")
  );
}

function shortFractions(text: string): string {
  const [first = "", ...rest] = text.split("\\frac");
  let result = first;
  for (const each of rest) {
    const part = each.trimStart();
    if (part.startsWith("{")) {
      result += `\\frac${part}`;
    } else if (part.length < 2) {
      return text;
    } else {
      result +=
        part[1] === "{"
          ? `\\frac{${part[0]}}${part.slice(1)}`
          : `\\frac{${part[0]}}{${part[1]}}${part.slice(2)}`;
    }
  }
  return result;
}

function simpleFraction(text: string): string {
  const parts = /^(0|-?[1-9]\d*)\/(0|-?[1-9]\d*)$/.exec(text);
  return parts ? `\\frac{${parts[1]}}{${parts[2]}}` : text;
}
