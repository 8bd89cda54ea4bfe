import { boundedText } from "./bounded-text.ts";
import { bracedArgument } from "./characters.ts";

/** A part of a text that may be its final answer. */
export interface FoundAnswer {
  text: string;
  /** It stood in no math delimiters. */
  plain: boolean;
}

const longestLine = 2000;

/**
 * The places where a text may state its final answer, the likeliest first: inside `<answer>`, the last box or group of
 * boxes, behind words such as "the answer is" (of several languages), behind `####`, the last formula, the last number.
 * Empty where the last box never closes: the answer was cut off; and in a thought that never closes only what is called the
 * answer counts.
 */
export function findAnswers(text: string): FoundAnswer[] {
  return find(text, false);
}

/** The same for a gold text, which may be the answer and nothing else, however long. */
export function findGoldAnswers(text: string): FoundAnswer[] {
  const found = find(text, true);
  return found.length > 0 ? found : [{ text, plain: true }];
}

function find(text: string, isGold: boolean): FoundAnswer[] {
  const end = boundedText(text);
  const tagged = lastTagged(end);
  if (tagged !== undefined) {
    return inside(tagged, true, isGold);
  }
  const thought = end.lastIndexOf("</think>");
  if (thought >= 0) {
    const after = inside(end.slice(thought + "</think>".length), false, isGold);
    if (after.length > 0) {
      return after;
    }
  }
  const isThought = !isGold && end.lastIndexOf("<think>") > thought;
  return isThought ? (stated(end) ?? []) : inside(end, false, isGold);
}

/** What a text calls its answer, the likeliest first: boxed, announced, behind `####`; undefined if it calls nothing so. */
function stated(text: string): FoundAnswer[] | undefined {
  const boxes = lastBoxes(text);
  if (boxes === "cut off") {
    return [];
  }
  if (boxes !== undefined) {
    return [{ text: boxes, plain: false }];
  }
  const announced = lastAnnounced(text);
  const concluded = lastConclusion(text);
  const hashes = text.lastIndexOf("####");
  const statements = [
    ...(announced ? [announced] : []),
    ...(concluded && !(announced && announced.start > concluded.start) ? [concluded] : []),
    ...(hashes >= 0
      ? [{ start: hashes, found: fromLine(text.slice(hashes + 4, hashes + 4 + longestLine)) }]
      : []),
  ].sort((a, b) => b.start - a.start);
  return statements.length > 0 ? statements.flatMap(({ found }) => found) : undefined;
}

function inside(text: string, isAnswer: boolean, isGold: boolean): FoundAnswer[] {
  const called = stated(text);
  if (called) {
    return called;
  }
  const trimmed = text.trim();
  const formulas = lastFormulas(text);
  const last = lastNumber(text);
  const numbers = last === undefined ? [] : [{ text: last, plain: true }];
  if (trimmed !== "" && (isAnswer || isGold || isShort(trimmed))) {
    const whole = { text: trimmed, plain: !formulas?.whole };
    const first = isGold ? firstFormula(trimmed) : formulas;
    const inProse = /[A-Za-z]{3}/.test(trimmed.replaceAll(/\\[A-Za-z]+/g, "")) || /^[\d\s.,]+$/.test(trimmed);
    return [whole, ...(first && !formulas?.whole ? [first] : []), ...(isGold || !inProse ? [] : numbers)];
  }
  if (
    formulas &&
    last !== undefined &&
    /[.!?]\s|(?:[A-Za-z]{3,}[^A-Za-z]+){4}/.test(text.slice(formulas.end, text.lastIndexOf(last)))
  ) {
    return numbers;
  }
  return formulas ? [formulas] : numbers;
}

function firstFormula(text: string): FoundAnswer | undefined {
  const opening = /(?<!\\)\$|\\\(|\\\[/.exec(text);
  const formula = opening ? formulaAt(text, opening.index) : undefined;
  return formula && { text: text.slice(formula.start, joinedEnd(text, formula.end)), plain: false };
}

/** A few words or one formula: the text is nothing but an answer. */
function isShort(text: string): boolean {
  return (
    text.length <= 400 &&
    !/\n\s*\S/.test(text) &&
    (text.match(/(?<![\\{A-Za-z])[A-Za-z]{2,}/g)?.length ?? 0) <= 3
  );
}

function lastTagged(text: string): string | undefined {
  const open = text.lastIndexOf("<answer>");
  if (open < 0) {
    return undefined;
  }
  const close = text.indexOf("</answer>", open);
  const content = text.slice(open + "<answer>".length, close < 0 ? undefined : close);
  return close < 0 && content.length > longestLine ? undefined : content;
}

interface Box {
  start: number;
  end: number;
  content: string;
}

const boxMarker = /\\(?:boxed|fbox|Boxed)\s*(?=\{)/g;
const mostBoxes = 40;

function lastBoxes(text: string): string | "cut off" | undefined {
  const starts: number[] = [];
  for (const match of text.matchAll(boxMarker)) {
    starts.push(match.index);
    if (starts.length > mostBoxes) {
      starts.shift();
    }
  }
  const boxes: Box[] = [];
  for (const start of starts) {
    const inner = boxes.at(-1);
    if (inner && start < inner.end) {
      continue;
    }
    const open = text.indexOf("{", start);
    const argument = bracedArgument(text, open);
    if (argument) {
      boxes.push({ start, end: argument.end, content: argument.content });
    } else if (start === starts.at(-1)) {
      const stop = /(?<!\\)\$|\n/.exec(text.slice(open + 1, open + longestLine));
      if (!stop) {
        return "cut off";
      }
      boxes.push({ start, end: open + 1 + stop.index, content: text.slice(open + 1, open + 1 + stop.index) });
    }
  }
  const last = boxes.pop();
  if (!last) {
    return undefined;
  }
  const percent = /^(?:\s|\$|\\\)|\\\])*(?:\\?%|percent\b)/.exec(text.slice(last.end, last.end + 20))
    ? "\\%"
    : "";
  const contents = [last.content + percent];
  let next = last;
  for (let box = boxes.pop(); box && belongTogether(text.slice(box.end, next.start)); box = boxes.pop()) {
    if (box.content.trim() !== contents[0]?.trim()) {
      contents.unshift(box.content);
    }
    next = box;
  }
  return contents.join(", ");
}

/** Boxes are one answer in parts if nothing, a separator or a few words with "and" or "or" stand between. */
function belongTogether(between: string): boolean {
  if (between.length > 70) {
    return false;
  }
  const bare = between.replaceAll(/\\(?:text|quad|qquad|\(|\)|\[|\]|,|;)|[${}\s.]/g, " ").trim();
  if (/^[,;]?$/.test(bare)) {
    return true;
  }
  return (
    /(?:\b(?:and|or)\b|[,;])/.test(bare) &&
    !/answer|therefore|thus|hence|\bso\b|final|correct|result|wait|no\b|check|simplif|equal|mistake|actually/i.test(
      bare,
    )
  );
}

const announcement =
  /(?:final\s+answer|answers?)\s*(?:\*\*)?\s*(?:is\b|are\b|:|=|would be\b|should be\b|(?=\$|\\\[|\\\())(?:\s*:)?|(?:答案|结果)\s*(?:是|为|：|:)+|(?:la\s+)?r[ée]ponse\s*(?:finale\s*)?(?:est|:)+|(?:la\s+)?respuesta\s*(?:final\s*)?(?:es|:)+|(?:die\s+)?antwort\s*(?:ist|lautet|:)+|ответ\s*(?::|—|-)+|(?:a\s+)?resposta\s*(?:final\s*)?(?:é|:)+|(?:la\s+)?risposta\s*(?:finale\s*)?(?:è|:)+|答え\s*(?:は|：|:)+|정답\s*(?:은|는|:)+/giu;

interface Statement {
  start: number;
  found: FoundAnswer[];
}

function lastAnnounced(text: string): Statement | undefined {
  let last: RegExpExecArray | undefined;
  for (const match of text.matchAll(announcement)) {
    last = match;
  }
  if (!last) {
    return undefined;
  }
  const start = last.index + last[0].length;
  const found = fromLine(text.slice(start, start + longestLine));
  return found.length === 0 ? undefined : { start: last.index, found };
}

const conclusion =
  /\b(?:so|thus|therefore|hence|then)\b[^.\n$]{0,30}\b(?:obtain|get|have|find)\s*(?=\$(?!\d+(?:\.\d+)?\s[^$]*$)|\\\(|\\\[)/gi;

/** "so we obtain $...$" at the end of a text. */
function lastConclusion(text: string): Statement | undefined {
  const from = Math.max(0, text.length - longestLine);
  let last: RegExpExecArray | undefined;
  for (const match of text.slice(from).matchAll(conclusion)) {
    last = match;
  }
  const start = last && from + last.index + last[0].length;
  const formula = start === undefined ? undefined : formulaAt(text, start);
  if (start === undefined || !formula || !/^[\s.]*$/.test(text.slice(formula.end))) {
    return undefined;
  }
  return { start, found: [{ text: text.slice(start, formula.end), plain: false }] };
}

/** The formula that a line begins with, else the line up to the end of its sentence, what it says last, its formula. */
function fromLine(text: string): FoundAnswer[] {
  const lead = /^(?:[\s*:：_`]|\\\\)*/.exec(text)?.[0].length ?? 0;
  const rest = text.slice(lead);
  const formula = formulaAt(rest, 0);
  if (formula) {
    return [{ text: rest.slice(0, joinedEnd(rest, formula.end)), plain: false }];
  }
  const line = rest.slice(0, lineEnd(rest));
  const sentence = line.slice(0, sentenceEnd(line)).replace(/\*\*[\s.]*$/, "");
  if (!/[\p{L}\p{N}]/u.test(sentence)) {
    return [];
  }
  const found = [{ text: sentence, plain: true }];
  const said = /.*\b(?:is|are|equals|=)\s+(.+)$/.exec(sentence)?.[1];
  if (said !== undefined) {
    found.push({ text: said, plain: !said.includes("$") });
  }
  const dollar = /(?<!\\)\$(?!\d)|\\\(|\\\[/.exec(line);
  const first = dollar ? formulaAt(line, dollar.index) : undefined;
  if (first && dollar && /[A-Za-z]{2,}/.test(line.slice(0, dollar.index))) {
    found.push({ text: line.slice(dollar.index, joinedEnd(line, first.end)), plain: false });
  }
  return found;
}

function lineEnd(text: string): number {
  const end = text.indexOf("\n");
  return end < 0 ? text.length : end;
}

function sentenceEnd(line: string): number {
  const end =
    /[.!?。](?=\s+[A-Z"“]|\s+I hope|\s*$)|(?:[,.]?\s+(?:because|since|which|where|so that|as)\s)/.exec(line);
  return end ? end.index : line.length;
}

interface Formula {
  start: number;
  end: number;
}

const delimiters = [
  ["$$", "$$"],
  ["$", "$"],
  ["\\[", "\\]"],
  ["\\(", "\\)"],
] as const;

/** The formula whose opening delimiter stands at `start`. */
function formulaAt(text: string, start: number): Formula | undefined {
  for (const [open, close] of delimiters) {
    if (text.startsWith(open, start)) {
      const end = closingDelimiter(text, start + open.length, close);
      return end === undefined || end === start + open.length
        ? undefined
        : { start, end: end + close.length };
    }
  }
  return undefined;
}

function closingDelimiter(text: string, start: number, close: string): number | undefined {
  let end = text.indexOf(close, start);
  while (end > 0 && close.startsWith("$") && text[end - 1] === "\\") {
    end = text.indexOf(close, end + 1);
  }
  return end < 0 || end - start > longestLine ? undefined : end;
}

/** Formulas joined by commas, semicolons, "and" and "or" are one answer. */
function joinedEnd(text: string, start: number): number {
  let end = start;
  for (let count = 0; count < 30; count++) {
    const joint = /^\s*(?:,?\s*(?:and|or)|[,;])\s*(?=\$|\\\(|\\\[)/.exec(text.slice(end, end + 20))?.[0];
    const next = joint === undefined ? undefined : formulaAt(text, end + joint.length);
    if (!next) {
      break;
    }
    end = next.end;
  }
  const percent = /^\s*(?:\\?%|percent\b)/.exec(text.slice(end, end + 12))?.[0];
  return end + (percent?.length ?? 0);
}

/** The last formula, or the last that are joined; `whole` if the text is nothing else. */
function lastFormulas(text: string): (FoundAnswer & Formula & { whole: boolean }) | undefined {
  let last = formulaBefore(text, text.length);
  if (!last) {
    return undefined;
  }
  const end = joinedEnd(text, last.end);
  for (let count = 0; count < 30; count++) {
    const joint: string | undefined = /(?:,?\s*(?:and|or)|[,;])\s*$/.exec(
      text.slice(Math.max(0, last.start - 12), last.start),
    )?.[0];
    const before: Formula | undefined = joint === undefined ? undefined : formulaBefore(text, last.start);
    if (!before || joint === undefined || before.end < last.start - joint.length - 2) {
      break;
    }
    last = { start: before.start, end: last.end };
  }
  const around = text.slice(0, last.start) + text.slice(end);
  return {
    text: text.slice(last.start, end),
    plain: false,
    whole: /^[\s.]*$/.test(around),
    start: last.start,
    end,
  };
}

/** The formula that ends last before a position. Dollar signs pair from the right, since a text may be cut at its start. */
function formulaBefore(text: string, position: number): Formula | undefined {
  let best: Formula | undefined;
  for (const [open, close] of delimiters) {
    let end = text.lastIndexOf(close, position - close.length);
    while (end > 0 && close.startsWith("$") && text[end - 1] === "\\") {
      end = text.lastIndexOf(close, end - 1);
    }
    if (end < 1 || (best && end + close.length <= best.end)) {
      continue;
    }
    let start = text.lastIndexOf(open, end - 1);
    while (start > 0 && open === "$" && text[start - 1] === "\\") {
      start = text.lastIndexOf(open, start - 1);
    }
    const content = start < 0 || start + open.length >= end ? "" : text.slice(start + open.length, end);
    const paired =
      content.trim() !== "" && content.length <= longestLine && !(open === "$" && content.includes("\n"));
    if (paired && start >= 0) {
      best = { start, end: end + close.length };
    }
  }
  return best;
}

const number =
  /(?<![\w.,/])[-−]?[$€£]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+|,\d{1,2}(?!\d))?(?:\s*\/\s*\d+)?(?:\s*\\?%|°)?/g;

/** The last number, unless another is offered beside it by "or". */
function lastNumber(text: string): string | undefined {
  let last: RegExpExecArray | undefined;
  let before: RegExpExecArray | undefined;
  for (const match of text.slice(-5000).matchAll(number)) {
    before = last;
    last = match;
  }
  if (
    last &&
    before &&
    /^\s*(?:or|,? not)\s*$/.test(text.slice(-5000).slice(before.index + before[0].length, last.index))
  ) {
    return undefined;
  }
  return last?.[0];
}
