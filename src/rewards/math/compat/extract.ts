import { type Expression, unreadable, type WorkBudget } from "../expression.ts";
import type { ExtractionTarget, LatexCleaning, LatexTarget, Reading } from "../options.ts";
import { parseDecimal } from "../rational.ts";
import { parseArithmetic } from "./arithmetic.ts";
import { choicePatterns } from "./choices.ts";
import { EnvironmentFinder, type JoinedEnvironments } from "./environments.ts";
import { parseLatex } from "./grammar.ts";
import { longestFormula, normalizeLatex } from "./normalize.ts";
import {
  hopedNumbers,
  loneNumbers,
  numbersAfterColon,
  numbersAfterWord,
  type PlainMatch,
  statedNumbers,
} from "./plain-matches.ts";

/** What math-verify's `parse` returns: values, then perhaps the text of the first match. */
export interface Extraction {
  values: (Expression | string)[];
  /** The text that the first value was read from, for showing. */
  text: string | undefined;
}

interface Match {
  start: number;
  end: number;
  read: () => { value: Expression | string | undefined; text: string };
}

const defaultTargets: readonly ExtractionTarget[] = [{ kind: "latex" }, { kind: "expression" }];
const defaultCleaning: LatexCleaning = {
  basicLatex: true,
  units: true,
  malformedOperators: true,
  nits: true,
  boxed: "all",
  equations: false,
};
const mostReadings = 60;

/** Finds and reads an answer as math-verify does: by priority, then the match that ends last. */
export function extract(text: string, reading: Reading, budget: WorkBudget): Extraction {
  const firstOnly = reading.mode === "first-match";
  const levels = new Map<number, (() => Match[])[]>();
  for (const target of reading.targets ?? defaultTargets) {
    for (const [priority, find] of finders(target, text, budget)) {
      levels.set(priority, [...(levels.get(priority) ?? []), find]);
    }
  }
  let fallback: string | undefined;
  let readings = 0;
  for (const priority of [...levels.keys()].sort((a, b) => a - b)) {
    const matches = (levels.get(priority) ?? [])
      .flatMap((find) => find())
      .sort((a, b) => b.end - a.end || a.start - b.start);
    for (const match of matches) {
      const { value, text: matched } = match.read();
      fallback ??= matched === "" ? undefined : matched;
      if (value !== undefined) {
        const texts = reading.textFallback !== false && fallback !== undefined ? [fallback] : [];
        return { values: [value, ...texts], text: matched };
      }
      readings++;
      if (firstOnly || readings >= mostReadings) {
        break;
      }
    }
    if ((firstOnly && matches.length > 0) || readings >= mostReadings) {
      break;
    }
  }
  return reading.textFallback !== false && fallback !== undefined
    ? { values: [fallback], text: fallback }
    : { values: [], text: undefined };
}

type Finder = readonly [priority: number, find: () => Match[]];

function finders(target: ExtractionTarget, text: string, budget: WorkBudget): Finder[] {
  switch (target.kind) {
    case "latex":
      return latexFinders(target, text, budget);
    case "expression": {
      const read = (found: readonly PlainMatch[]) => found.map(plainMatch);
      return [
        [0, () => read(hopedNumbers(text))],
        [50, () => read(statedNumbers(text))],
        [100, () => read(numbersAfterColon(text))],
        [200, () => read(numbersAfterWord(text))],
        ...(target.withoutAnchor === false ? [] : [[300, () => read(loneNumbers(text))] as const]),
      ];
    }
    case "choice": {
      const lowercase = target.lowercase !== false;
      const read = (found: readonly { start: number; end: number; choice: string }[]) =>
        found.map(({ start, end, choice }) => ({
          start,
          end,
          read: () => ({ value: lowercase ? choice.toLowerCase() : choice, text: choice }),
        }));
      return choicePatterns(target.choices ?? ["A", "B", "C", "D"], target.withoutAnchor !== false).map(
        ([priority, find]) => [priority, () => read(find(text))] as const,
      );
    }
  }
}

function plainMatch(match: PlainMatch): Match {
  return {
    start: match.start,
    end: match.end,
    read: () => {
      if (match.expression !== undefined) {
        try {
          return { value: parseArithmetic(match.expression.replaceAll("\n", " ")), text: match.expression };
        } catch (error) {
          if (error !== unreadable) {
            throw error;
          }
          return { value: undefined, text: match.expression };
        }
      }
      const digits = match.digits ?? "0";
      const negative = digits.startsWith("-");
      const magnitude = parseDecimal(negative ? digits.slice(1) : digits);
      if (!magnitude) {
        return { value: undefined, text: digits };
      }
      const value: Expression = {
        kind: "number",
        value: negative ? { numerator: -magnitude.numerator, denominator: magnitude.denominator } : magnitude,
        decimal: digits.includes("."),
      };
      return { value: match.percent ? { kind: "percent", value } : value, text: digits };
    },
  };
}

function latexFinders(target: LatexTarget, text: string, budget: WorkBudget): Finder[] {
  const finder = new EnvironmentFinder(text);
  const cleaning = { ...defaultCleaning, ...target.cleaning };
  const match = (found: JoinedEnvironments, start = found.start, end = found.end): Match => ({
    start,
    end,
    read: () => readEnvironments(found, cleaning, budget),
  });
  const behind = (anchor: RegExp, reach: number, before: RegExp, lead: RegExp) => () =>
    anchored(text, finder, anchor, reach, before, lead, match);
  const boxedPriority = target.boxedPriority ?? 50;
  return [
    [0, () => hopedFormulas(text, finder, match)],
    [50, behind(/final answer/gi, 100, /\s+is:?\s*$/, /\s+is:?\s*/y)],
    [100, behind(/answer:/gi, 50, /^/, /(?:)/y)],
    [200, behind(/answer/gi, 50, /^/, /(?:)/y)],
    ...(target.withoutAnchor === false
      ? []
      : [[300, () => finder.all(false).map((found) => match(found))] as const]),
    ...(boxedPriority < 0
      ? []
      : [
          [boxedPriority, () => finder.all(true).map((found) => match(found))] as const,
          [boxedPriority, () => plainBox(text, cleaning, budget)] as const,
        ]),
  ];
}

/** Behind "final answer is", before "I hope"; formulas that join are left out where only so it fits. */
function hopedFormulas(
  text: string,
  finder: EnvironmentFinder,
  match: (found: JoinedEnvironments, start: number, end: number) => Match,
): Match[] {
  const found: Match[] = [];
  let end = 0;
  const lead = /:?\s*/y;
  const hope = /\.?\s?I hope/y;
  for (const anchor of [...text.matchAll(/final answer is/gi)].slice(-mostAnchors)) {
    if (anchor.index < end) {
      continue;
    }
    lead.lastIndex = anchor.index + anchor[0].length;
    const start = lead.lastIndex + (lead.exec(text)?.[0].length ?? 0);
    const joined = finder.joinedAt(start, false);
    for (let count = joined?.parts.length ?? 0; joined && count > 0; count--) {
      const parts = joined.parts.slice(0, count);
      hope.lastIndex = parts.at(-1)?.end ?? start;
      const tail = hope.exec(text)?.[0];
      if (tail !== undefined) {
        end = (parts.at(-1)?.end ?? start) + tail.length;
        found.push(match({ start, end, parts }, anchor.index, end));
        break;
      }
    }
  }
  return found;
}

const mostAnchors = 40;

/** The first formula within reach behind each anchor, where the words between are as they must be. */
function anchored(
  text: string,
  finder: EnvironmentFinder,
  anchor: RegExp,
  reach: number,
  before: RegExp,
  lead: RegExp,
  match: (found: JoinedEnvironments, start: number, end: number) => Match,
): Match[] {
  const found: Match[] = [];
  let end = 0;
  for (const { index, 0: words } of [...text.matchAll(anchor)].slice(-mostAnchors)) {
    if (index < end) {
      continue;
    }
    const start = index + words.length;
    for (let offset = 0; offset <= reach && start + offset < text.length; offset++) {
      lead.lastIndex = start + offset;
      const leading = before.source === "^" ? "" : lead.exec(text)?.[0];
      if (leading === undefined) {
        continue;
      }
      const joined = finder.joinedAt(start + offset + leading.length, false);
      if (joined) {
        end = joined.end;
        found.push(match(joined, index, joined.end));
        break;
      }
    }
  }
  return found;
}

/** From the first box to the last brace: what belongs to it is cut out when it is cleaned. */
function plainBox(text: string, cleaning: LatexCleaning, budget: WorkBudget): Match[] {
  const start = text.indexOf("\\boxed{");
  const end = text.lastIndexOf("}") + 1;
  if (start < 0 || end < start + 9) {
    return [];
  }
  const found: JoinedEnvironments = {
    start,
    end,
    parts: [{ content: text.slice(start, end), end, percent: false }],
  };
  return [{ start, end, read: () => readEnvironments(found, { ...cleaning, boxed: "last" }, budget) }];
}

function readEnvironments(
  found: JoinedEnvironments,
  cleaning: LatexCleaning,
  budget: WorkBudget,
): { value: Expression | undefined; text: string } {
  const texts = found.parts.map((part) => normalizeLatex(part.content, cleaning));
  const values = found.parts.map((part, index) => readFormula(texts[index] ?? "", part.percent, budget));
  const known = values.filter((value) => value !== undefined);
  if (values.length > 1 && known.length === values.length) {
    const members = known.flatMap((value) =>
      value.kind === "sequence" && value.open === "{" ? value.members : [value],
    );
    return { value: { kind: "sequence", open: "{", close: "}", members }, text: texts.join(" and ") };
  }
  return { value: values[0], text: texts[0] ?? "" };
}

const complexMarks =
  /\\mathbb\{C\}|\\i\b|\bi\b|\\text\{i\}|\\mathrm\{i\}|\\imath\b|\\det|\\operatorname\{tr\}|\\operatorname\{rank\}|\\text\{rank\}|\\arg\{|\\Re\{|\\Im\{|\\operatorname\{Re\}|\\operatorname\{Im\}|\\text\{Re\}|\\text\{Im\}/;

function readFormula(text: string, percent: boolean, budget: WorkBudget): Expression | undefined {
  for (const attempt of [text, lastSide(text)]) {
    if (attempt === undefined || attempt.length > longestFormula) {
      continue;
    }
    try {
      const value = parseLatex(attempt, complexMarks.test(attempt), budget);
      return percent ? { kind: "percent", value } : value;
    } catch (error) {
      if (error !== unreadable) {
        throw error;
      }
    }
  }
  return undefined;
}

/** `c` of `a = b = c`. */
function lastSide(text: string): string | undefined {
  if (/[,;]/.test(text)) {
    return undefined;
  }
  const sides = text.split(/(?<![\\<!>])=/);
  return sides.length > 2 ? sides.at(-1) : undefined;
}
