/** A formula in delimiters, as math-verify's patterns find it. */
export interface Environment {
  end: number;
  content: string;
  /** Where a percent sign stands behind it. */
  percent: boolean;
}

/** A formula with those that commas, "and" or "or" join to it. */
export interface JoinedEnvironments {
  start: number;
  end: number;
  parts: readonly Environment[];
}

const percentSign = /\s*(?:\\?%|[Pp]ercent|[Pp]ercentage|[Pp]ct)/y;
const bareFraction = /-?\\frac\{-?\d+(?:[.,]\d+)?\}\{-?\d+(?:[.,]\d+)?\}/y;
const joint = /\s*(?:,?and|,?or|,)\s*/y;
const mostJoined = 5;

/** Finds formulas in one text; remembers where delimiters stand, so that a whole search is linear. */
export class EnvironmentFinder {
  readonly #text: string;
  readonly #next = new Map<string, { from: number; found: number }>();

  constructor(text: string) {
    this.#text = text;
  }

  /** The formula that starts at a position, with all that is joined to it. */
  joinedAt(start: number, boxed: boolean): JoinedEnvironments | undefined {
    const first = this.#at(start, boxed);
    if (!first) {
      return undefined;
    }
    const parts = [first];
    let end = first.end;
    for (let count = 0; count < mostJoined; count++) {
      joint.lastIndex = end;
      const between = joint.exec(this.#text)?.[0];
      const next = between === undefined ? undefined : this.#at(end + between.length, boxed);
      if (!next) {
        break;
      }
      parts.push(next);
      end = next.end;
    }
    return { start, end, parts };
  }

  /** All formulas from the left, none inside another. */
  all(boxed: boolean): JoinedEnvironments[] {
    const found: JoinedEnvironments[] = [];
    let index = 0;
    while (index < this.#text.length) {
      const environment = this.joinedAt(index, boxed);
      if (environment) {
        found.push(environment);
      }
      index = environment && environment.end > index ? environment.end : index + 1;
    }
    return found;
  }

  #at(start: number, boxed: boolean): Environment | undefined {
    const text = this.#text;
    const character = text[start];
    const before = start > 0 ? text[start - 1] : "";
    if (character === "$") {
      const display = text[start + 1] === "$" && before !== "\\" ? this.#display(start, boxed) : undefined;
      return display ?? (before !== "\\" && !isDigit(before) ? this.#inlineDollar(start, boxed) : undefined);
    }
    if (character === "\\" && text[start + 1] === "[") {
      return before === "\\" ? undefined : this.#until(start + 2, "\\]", boxed, true);
    }
    if (character === "\\" && text[start + 1] === "(") {
      return before === "\\" ? undefined : this.#until(start + 2, "\\)", boxed, false);
    }
    if (character !== undefined && text[start + 1] === "[" && /\s/.test(character)) {
      return this.#spacedBracket(start, boxed);
    }
    if (!boxed && (character === "\\" || character === "-")) {
      bareFraction.lastIndex = start;
      const fraction = bareFraction.exec(text)?.[0];
      return fraction === undefined ? undefined : this.#withPercent(fraction, start + fraction.length);
    }
    return undefined;
  }

  #display(start: number, boxed: boolean): Environment | undefined {
    const end = this.#find("$$", start + 2);
    if (end <= start + 2 || this.#text[end - 1] === "\\") {
      return undefined;
    }
    return this.#accepted(start + 2, end, 2, boxed);
  }

  #inlineDollar(start: number, boxed: boolean): Environment | undefined {
    let end = this.#find("$", start + 1);
    while (end > 0 && this.#text[end - 1] === "\\") {
      end = this.#text.indexOf("$", end + 1);
    }
    if (end <= start + 1 || this.#hasLineEnd(start + 1, end)) {
      return undefined;
    }
    return this.#accepted(start + 1, end, 1, boxed);
  }

  #until(from: number, close: string, boxed: boolean, lines: boolean): Environment | undefined {
    const end = this.#find(close, from);
    if (end <= from || this.#text[end - 1] === "\\" || (!lines && this.#hasLineEnd(from, end))) {
      return undefined;
    }
    return this.#accepted(from, end, 2, boxed);
  }

  #spacedBracket(start: number, boxed: boolean): Environment | undefined {
    const from = start + 2;
    const end = this.#find("]", from);
    if (end <= from || !/\s/.test(this.#text[end + 1] ?? "")) {
      return undefined;
    }
    const content = this.#text.slice(from, Math.min(end, from + 4000));
    return /[\n[]/.test(content) ? undefined : this.#accepted(from, end, 2, boxed);
  }

  #accepted(from: number, end: number, closing: number, boxed: boolean): Environment | undefined {
    const content = this.#text.slice(from, end);
    if (boxed) {
      const box = content.indexOf("\\boxed{");
      if (box < 0 || content.indexOf("}", box + 8) < 0) {
        return undefined;
      }
    }
    return this.#withPercent(content, end + closing);
  }

  #withPercent(content: string, end: number): Environment {
    percentSign.lastIndex = end;
    const percent = percentSign.exec(this.#text)?.[0];
    return { content, end: end + (percent?.length ?? 0), percent: percent !== undefined };
  }

  /** The next place of a text at or behind `from`, or -1 if there is none. */
  #find(wanted: string, from: number): number {
    const known = this.#next.get(wanted);
    if (known && from >= known.from && (known.found < 0 || from <= known.found)) {
      return known.found;
    }
    const found = this.#text.indexOf(wanted, from);
    this.#next.set(wanted, { from, found });
    return found;
  }

  #hasLineEnd(from: number, end: number): boolean {
    const found = this.#find("\n", from);
    return found >= 0 && found < end;
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= "0" && character <= "9";
}
