import { canonicalText } from "./canonical-text.ts";
import { bracedArgument } from "./characters.ts";
import { equalAnswers } from "./equal-answers.ts";
import type { Comparison } from "./equal-values.ts";
import { type Expression, freeSymbols, mapExpression, unreadable, type WorkBudget } from "./expression.ts";
import { unknownFunction } from "./functions.ts";
import { reduceMatrices } from "./matrices.ts";
import { withInwardBrackets } from "./outward-brackets.ts";
import { parseAnswer } from "./parser.ts";
import { isName } from "./relations.ts";
import { tokenize } from "./tokens.ts";

/** One answer as it was read. */
export interface ReadAnswer {
  /** As it stands in the text. */
  text: string;
  /** The text without spacing, styles and case, for answers in words. */
  words: string;
  /** What it may mean as mathematics, the likeliest first; empty if nothing. */
  expressions: readonly Expression[];
}

const longest = 8000;
const numberWithLetter = /^-?[\d.,]+(?:\s|~|\\[ ,;:!])+[A-Za-z]$/;

/** Reads an answer's text. `plain`: it stood in no math delimiters. */
export function readAnswer(text: string, plain: boolean, budget: WorkBudget): ReadAnswer {
  const cleaned = clean(text.length > longest ? "" : text);
  const expressions: Expression[] = [];
  const letterUnits = (plain ? /\d\s*[A-Za-z](?![A-Za-z])/ : numberWithLetter).test(cleaned);
  const readings = [
    { text: cleaned, thousands: true, plain, letterUnits: false },
    ...(/\d,\d{3}/.test(cleaned) ? [{ text: cleaned, thousands: false, plain, letterUnits: false }] : []),
    ...(letterUnits ? [{ text: cleaned, thousands: true, plain, letterUnits }] : []),
    ...(/^-?\d+,(?:\d{1,2}|\d{4,})$/.test(cleaned)
      ? [{ text: cleaned.replace(",", "."), thousands: true, plain, letterUnits: false }]
      : []),
  ];
  for (const { text: readText, ...rules } of readings) {
    try {
      const expression = parseAnswer(withInwardBrackets(tokenize(readText, rules, budget)), budget);
      expressions.push(reduceMatrices(expression, budget));
    } catch (error) {
      if (error !== unreadable) {
        throw error;
      }
    }
  }
  return { text: cleaned, words: wordsOf(cleaned), expressions };
}

/** Whether there is anything to compare: mathematics, or words with their braces in order. */
export function isReadable(answer: ReadAnswer): boolean {
  return answer.expressions.length > 0 || (/\p{L}/u.test(answer.words) && bracesMatch(answer.text));
}

export function equalReadings(gold: ReadAnswer, answer: ReadAnswer, comparison: Comparison): boolean {
  if (gold.words !== "" && gold.words === answer.words) {
    return true;
  }
  if (sameChoice(gold, answer)) {
    return true;
  }
  if (isWord(gold) || isWord(answer)) {
    return false;
  }
  return gold.expressions.some((left) =>
    answer.expressions.some(
      (right) =>
        equalAnswers(left, right, comparison) ||
        equalInOneCase(left, right, comparison) ||
        equalWithNaturalLogarithm(left, right, comparison),
    ),
  );
}

/** Models write `M` for `m`: letters are the same in both cases where an answer does not use both. */
function equalInOneCase(gold: Expression, answer: Expression, comparison: Comparison): boolean {
  const goldSymbols = freeSymbols(gold);
  const answerSymbols = freeSymbols(answer);
  const different = [...goldSymbols].some((name) => !answerSymbols.has(name));
  if (!different || !caseIsFree(goldSymbols) || !caseIsFree(answerSymbols)) {
    return (
      !comparison.strict && goldSymbols.size === answerSymbols.size && equalRenamed(gold, answer, comparison)
    );
  }
  if (equalAnswers(inLowerCase(gold), inLowerCase(answer), comparison)) {
    return true;
  }
  return (
    !comparison.strict && goldSymbols.size === answerSymbols.size && equalRenamed(gold, answer, comparison)
  );
}

/** `log` without a base is read as the natural one where the other side writes `ln`. */
function equalWithNaturalLogarithm(gold: Expression, answer: Expression, comparison: Comparison): boolean {
  const [goldText, answerText] = [canonicalText(gold), canonicalText(answer)];
  const [first, second] = goldText.includes("ln(") ? [goldText, answerText] : [answerText, goldText];
  return (
    first.includes("ln(") &&
    second.includes("log(") &&
    !second.includes("ln(") &&
    equalAnswers(withNaturalLogarithm(gold), withNaturalLogarithm(answer), comparison)
  );
}

function withNaturalLogarithm(expression: Expression): Expression {
  return mapExpression(expression, (part) =>
    part.kind === "call" && part.name === "log" && part.arguments.length === 1
      ? { ...part, name: "ln" }
      : part,
  );
}

function caseIsFree(symbols: ReadonlySet<string>): boolean {
  return new Set([...symbols].map((name) => name.toLowerCase())).size === symbols.size;
}

function inLowerCase(expression: Expression): Expression {
  return mapExpression(expression, (part) =>
    part.kind === "symbol" || (part.kind === "call" && part.name.startsWith(unknownFunction))
      ? { ...part, name: part.name.toLowerCase() }
      : part,
  );
}

function equalRenamed(gold: Expression, answer: Expression, comparison: Comparison): boolean {
  const names = [...freeSymbols(gold)];
  const renaming = new Map([...freeSymbols(answer)].map((name, index) => [name, names[index] ?? name]));
  const renamed = mapExpression(answer, (part) =>
    part.kind === "symbol" ? { ...part, name: renaming.get(part.name) ?? part.name } : part,
  );
  return names.length > 0 && equalAnswers(gold, renamed, comparison);
}

/** An answer in words rather than in symbols, which must not be taken for a product of its letters. */
function isWord(answer: ReadAnswer): boolean {
  const [expression] = answer.expressions;
  const letters = expression?.kind === "text" || (expression?.kind === "product" && isName(expression));
  return (
    (letters && /^[\p{L}]{4,}$/u.test(answer.words)) ||
    (answer.expressions.length === 0 && /^[\p{L}\s]+$/u.test(answer.words))
  );
}

const choice = /^\(?([a-h])(?:\)|[.:](?!\d))/;

/** `(C) 42` or `C: 42` for the choice `C`. */
function sameChoice(gold: ReadAnswer, answer: ReadAnswer): boolean {
  return /^\(?[A-H]\)?$/.test(gold.text) && choice.exec(answer.words)?.[1] === gold.words;
}

/** Takes off what only surrounds an answer: delimiters, boxes, marks of emphasis, full stops. */
function clean(text: string): string {
  let result = (text.includes("\\begin") ? text : text.replaceAll(/\\\\(?=[a-zA-Z])/g, "\\")).replaceAll(
    /\b(?:np|numpy|math|sympy|sp)\.(?=[a-z])/g,
    "",
  );
  for (let round = 0; round < 6; round++) {
    const before = result;
    result = trimEdges(result);
    for (const [open, close] of wrappers) {
      if (result.startsWith(open) && result.endsWith(close) && result.length > open.length + close.length) {
        result = result.slice(open.length, -close.length);
      }
    }
    const box = /^\\(?:boxed|fbox|text|textbf|mathbf|mathrm|displaystyle)\s*(?=\{)/.exec(result);
    const content = box && bracedArgument(result, box[0].length);
    if (content && content.end === result.length) {
      result = content.content;
    }
    if (result === before) {
      break;
    }
  }
  return result;
}

const wrappers = [
  ["\\(", "\\)"],
  ["\\[", "\\]"],
] as const;

function trimEdges(text: string): string {
  let start = 0;
  let end = text.length;
  while (
    start < end &&
    /[\s*`"“”,;:。，~$.]/.test(text[start]!) &&
    !(text[start] === "." && /\d/.test(text[start + 1] ?? ""))
  ) {
    start++;
  }
  while (end > start && /[\s*`"“”,;:。，~$.]/.test(text[end - 1]!) && text[end - 2] !== "\\") {
    end--;
  }
  return text.slice(start, end);
}

/** Words alone: lower case, without spacing commands, styles, punctuation at the end. */
export function wordsOf(text: string): string {
  return withoutEnd(
    text
      .replaceAll(/\\(?:(?:left|right|displaystyle|quad|qquad)(?![a-z])|,|;|:|!|\s)/g, "")
      .replaceAll(
        /\\(?:text|textbf|textit|textrm|textnormal|mathrm|mathbf|mathit|mbox|operatorname)\s*\{([^{}]*)\}/g,
        "$1",
      )
      .replaceAll(/(\d)[\s~]+(?=\d)/g, "$1_")
      .replaceAll(/[\s~$]/g, "")
      .replaceAll("\\dfrac", "\\frac")
      .replaceAll("\\tfrac", "\\frac")
      .replaceAll(/^\(([a-z])\)$/gi, "$1")
      .toLowerCase(),
  );
}

/** Without the punctuation at its end; behind a word `!` is punctuation, behind a number or a letter a factorial. */
function withoutEnd(words: string): string {
  let end = words.length;
  while (end > 0 && ".,;:。!".includes(words[end - 1]!)) {
    end--;
  }
  const factorial = /^[.,;:。]*!/.exec(words.slice(end));
  return factorial && !/\p{L}{2}$/u.test(words.slice(Math.max(0, end - 4), end))
    ? words.slice(0, end + factorial[0].length)
    : words.slice(0, end);
}

function bracesMatch(text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "\\") {
      index++;
    } else if (character === "{") {
      depth++;
    } else if (character === "}" && --depth < 0) {
      return false;
    }
  }
  return depth === 0;
}
