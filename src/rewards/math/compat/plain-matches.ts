/** A number or an arithmetic expression found in plain text. */
export interface PlainMatch {
  start: number;
  end: number;
  /** An expression, or else a number. */
  expression?: string;
  /** Digits of a number without separators. */
  digits?: string;
  percent: boolean;
}

const currencies = "$€£¥₹₽₪₩₫฿₡₢₣₤₥₦₧₨₭₮₯₰₱₲₳₴₵₶₷₸₺₻₼₽₾₿";
const number =
  "(?<!\\d)(?:(?<integer1>-?[1-9]\\d{0,2}(?:[ ,]\\d{3})+)(?<decimal1>\\.\\d+)?|(?<integer2>-?\\d+)(?<decimal2>[.,]\\d+)|(?<decimal3>\\.\\d+)|(?<integer3>-?\\d+))(?<percent>\\s{0,5}(?:%|[Pp]ercent|[Pp]ercentage|[Pp]ct))?";
const operators = "+\\-*×/^()÷";
/** Bounds keep the backtracking small; no answer has a longer expression. */
const expression = `(?<expression>-?\\(?-?\\d[\\d.\\s${operators}]{0,80}[${operators}][\\d.\\s${operators}]{1,80}\\)?)`;
const prefix = "(?:^|\\s|=)(?:\\*\\*)?";
const suffix = "(?:\\*\\*)?(?:[.,:]|\\s|\\)|\\$|$)";
const expressionWithAnchors = `(?:${prefix}${expression}${suffix})`;
const numberWithAnchors = `(?:${prefix}[${currencies}]?${number})`;
const either = `(?:${expressionWithAnchors}|${numberWithAnchors})`;

const hoped = new RegExp(`:?\\s*${either}\\.?\\s?I hope`, "y");
const stated = new RegExp(`.{0,100}?\\s+is:?${either}`, "y");
const afterColon = new RegExp(`:(?:.{0,100}=\\s*|.{0,50}?)${either}(?!\\s*=)`, "y");
const afterWord = new RegExp(`(?:.{0,100}=\\s*|.{0,50}?)${either}(?!\\s*=)`, "y");
const lone = [new RegExp(expressionWithAnchors, "g"), new RegExp(numberWithAnchors, "g")];

const mostAnchors = 40;
/** How far behind an anchor, and before the end of a text, is searched. */
const reach = 500;
const tails = [1200, 12_000];

/** Behind "final answer is", before "I hope". */
export function hopedNumbers(text: string): PlainMatch[] {
  return behind(text, /final answer is/gi, hoped);
}

/** Behind "final answer ... is". */
export function statedNumbers(text: string): PlainMatch[] {
  return behind(text, /final answer/gi, stated);
}

/** Behind "answer:". */
export function numbersAfterColon(text: string): PlainMatch[] {
  return behind(text, /answer/gi, afterColon);
}

/** Behind "answer". */
export function numbersAfterWord(text: string): PlainMatch[] {
  return behind(text, /answer/gi, afterWord);
}

/** Anywhere. Where the end of a long text has some, the rest is not searched. */
export function loneNumbers(text: string): PlainMatch[] {
  for (const tail of tails) {
    const from = Math.max(0, text.length - tail);
    const part = text.slice(from);
    const found = lone.flatMap((pattern) =>
      [...part.matchAll(pattern)].map((match) => describe(match, from)),
    );
    if (found.length > 0 || from === 0) {
      return found;
    }
  }
  return [];
}

function behind(text: string, anchor: RegExp, pattern: RegExp): PlainMatch[] {
  const anchors = [...text.matchAll(anchor)].slice(-mostAnchors);
  const found: PlainMatch[] = [];
  let end = 0;
  for (const { index, 0: words } of anchors) {
    if (index < end) {
      continue;
    }
    const start = index + words.length;
    const window = text.slice(start, start + reach);
    pattern.lastIndex = 0;
    const match = pattern.exec(window);
    if (match) {
      const described = describe(match, start);
      found.push({ ...described, start: index });
      end = described.end;
    }
  }
  return found;
}

function describe(match: RegExpExecArray, offset: number): PlainMatch {
  const groups = match.groups ?? {};
  const whole = groups.integer1 ?? groups.integer2 ?? groups.integer3 ?? "";
  const decimal = (groups.decimal1 ?? groups.decimal2 ?? groups.decimal3 ?? "").replace(",", ".");
  const digits = whole.replaceAll(/[ ,]/g, "").replace(/^0+/, "") || "0";
  const start = match.index + offset;
  return {
    start,
    end: start + match[0].length,
    percent: groups.percent !== undefined,
    ...(whole || decimal ? { digits: digits + decimal } : { expression: groups.expression ?? "" }),
  };
}
