import { bracedArgument, isDigit, singleCharacters, superscripts, vulgarFractions } from "./characters.ts";
import {
  commandMeaning,
  isAccent,
  isFunctionName,
  isSilentCommand,
  isStyle,
  unicodeMeaning,
} from "./commands.ts";
import { spend, unreadable, type WorkBudget } from "./expression.ts";
import { endsOperand, type Token, type TokenKind } from "./token.ts";
import { isUnit } from "./units.ts";

/** How letters and numbers run together. */
export interface TokenRules {
  /** A comma between groups of three digits is part of the number. */
  thousands: boolean;
  /** The text stood in no math delimiters, so that words are words. */
  plain: boolean;
  /** A letter such as `m` behind a number is a unit. */
  letterUnits: boolean;
}

const mostTokens = 4000;
const whole = /\d+/y;
const decimals = /\.\d+/y;
const groups = /(?:(?:,|\s?\{\s?,\s?\}|,\\!\s?|\\,|\\ |[\u00a0\u2009\u202f ])\d{3})+(?![\d])/y;
const groupsWithoutComma = /(?:(?:\s?\{\s?,\s?\}|,\\!\s?|\\,|\\ |[\u00a0\u2009\u202f ])\d{3})+(?![\d])/y;
const exponent = /[eE][+-]?\d{1,5}(?![\d.^])/y;
const ordinal = /(?:st|nd|rd|th)\b/y;
const repeating = /\.(\d*)\\(?:overline|bar|dot)\{?(\d+)\}?/y;
/** `y =` behind a wide space begins another equation. */
const nextEquation = /\s*\\?[A-Za-z]+(?:_\{?\w+\}?)?(?:\([A-Za-z]\))?\s*=/y;
const word = /[A-Za-z]+/y;
const commandName = /\\([A-Za-z]+)\*?/y;
const leadingGroup = /^[1-9]\d{0,2}$/;

/** Cuts an answer into tokens, spacing and styles left out. Throws `unreadable`; linear in the text. */
export function tokenize(text: string, rules: TokenRules, budget: WorkBudget): Token[] {
  const tokens: Token[] = [];
  let index = 0;
  let spaced = false;
  let depth = 0;
  const push = (kind: TokenKind, value: string) => {
    tokens.push({ kind, value, spaced });
    spaced = false;
    if (tokens.length > mostTokens) {
      throw unreadable;
    }
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = index;
    return pattern.exec(text);
  };

  function readNumber(): void {
    const digits = match(whole)?.[0] ?? "";
    index += digits.length;
    let value = digits;
    if (leadingGroup.test(digits)) {
      const separated = match(rules.thousands && depth === 0 ? groups : groupsWithoutComma)?.[0];
      if (separated !== undefined && !text.startsWith("}", index)) {
        index += separated.length;
        value += separated.replaceAll(/\D/g, "");
      }
    }
    if (text[index] === "." && /[-+*/)]/.test(text[index + 1] ?? "")) {
      index++;
    }
    const cycle = match(repeating);
    if (cycle) {
      index += cycle[0].length;
      push("repeating", `${value || "0"}.${cycle[1]}|${cycle[2]}`);
      return;
    }
    const fractional = match(decimals)?.[0];
    if (fractional !== undefined) {
      index += fractional.length;
      value += fractional;
    }
    index += match(ordinal)?.[0].length ?? 0;
    const power = match(exponent)?.[0];
    if (power !== undefined && value !== "") {
      index += power.length;
      value += power.toLowerCase();
    }
    push("number", value);
  }

  function readLetters(): void {
    const letters = match(word)?.[0] ?? "";
    const lower = letters.toLowerCase();
    const previous = tokens.at(-1);
    index += letters.length;
    if (letters.length > 1) {
      if (lower === "and" || lower === "or") {
        push("connective", lower);
        return;
      }
      if (isFunctionName(letters) || lower === "sqrt" || lower === "arctg" || lower === "tg") {
        push(lower === "sqrt" ? "root" : "function", letters);
        return;
      }
      if (lower === "inf" || lower === "infinity" || lower === "infty" || lower === "oo") {
        push("constant", "infinity");
        return;
      }
      if (letters === "pi") {
        push("constant", "pi");
        return;
      }
      if (lower === "percent" || lower === "percentage" || lower === "pct") {
        push("percent", "%");
        return;
      }
      if (lower === "frac") {
        push("fraction", "");
        return;
      }
    }
    if (previous && endsOperand(previous) && isUnit(letters) && (letters.length > 1 || rules.letterUnits)) {
      push("unit", letters);
      return;
    }
    if (letters.length > 3 && previous?.kind === "number" && spaced) {
      push("unit", letters);
      return;
    }
    if (letters.length > 2 && rules.plain && isProse(letters, spaced, text[index])) {
      if (previous && previous.kind !== "text") {
        throw unreadable;
      }
      push("text", letters);
      return;
    }
    for (const letter of letters) {
      push("letter", letter);
    }
  }

  function readStyled(name: string): void {
    const argument = bracedArgument(text, index);
    if (argument === undefined) {
      return;
    }
    index = argument.end;
    const content = argument.content.replaceAll("~", " ").trim();
    if (isAccent(name)) {
      push("symbol", `${name === "overline" ? "bar" : name}{${content.replaceAll(/\s/g, "")}}`);
      return;
    }
    if (name === "mathbb" && /^[NZQRCP]$/.test(content)) {
      push("named-set", content);
      return;
    }
    const wordsOnly = content.replaceAll(/^[\s,;.]+|[\s,;.]+$/g, "");
    const lower = wordsOnly.toLowerCase();
    if (wordsOnly === "") {
      if (/[,;]/.test(content)) {
        push("comma", ",");
      }
    } else if (lower === "and" || lower === "or") {
      push("connective", lower);
    } else if (/^(?:percent|percentage|pct|\\?%)$/.test(lower)) {
      push("percent", "%");
    } else if (
      name !== "operatorname" &&
      isUnit(wordsOnly) &&
      wordsOnly.length > 1 &&
      standsBehindUnit(tokens)
    ) {
      push("text", content);
    } else if (isFunctionName(wordsOnly)) {
      push("function", wordsOnly);
    } else if (/^[-+\d.,\s/()=\\$%^{}*]+$/.test(wordsOnly) && /\d/.test(wordsOnly)) {
      for (const token of tokenize(wordsOnly, rules, budget)) {
        tokens.push(token);
      }
    } else if (/^\\?\$$/.test(wordsOnly)) {
      return;
    } else if (
      /^(?:[A-Za-z]|\\[A-Za-z]+)$/.test(wordsOnly) &&
      !(tokens.length > 0 && name !== "mathbf" && endsOperand(tokens.at(-1)!) && isUnit(wordsOnly))
    ) {
      for (const token of tokenize(wordsOnly, { ...rules, plain: false }, budget)) {
        tokens.push(token);
      }
    } else {
      push("text", content);
    }
  }

  function readCommand(): void {
    const found = match(commandName);
    if (!found) {
      const character = text[index + 1] ?? "";
      index += 2;
      if (character === "{" || character === "}") {
        depth += character === "{" ? 1 : -1;
        push(character === "{" ? "open" : "close", character === "{" ? "\\{" : "\\}");
      } else if (character === "|") {
        push("bar", "||");
      } else if (character === "%") {
        push("percent", "%");
      } else if (character === "\\") {
        push("row", "");
      } else if (character === "(" || character === "[" || character === ")" || character === "]") {
        spaced = true;
      } else if (",;:! $\n\t#&_".includes(character)) {
        spaced = true;
      } else {
        throw unreadable;
      }
      return;
    }
    const name = found[1] ?? "";
    index += found[0].length;
    if (isSilentCommand(name)) {
      if ((name === "left" || name === "right") && text[index] === ".") {
        index++;
      }
      if ((name === "quad" || name === "qquad") && tokens.length > 0 && match(nextEquation)) {
        push("comma", ",");
      }
      spaced = true;
    } else if (isStyle(name) || isAccent(name)) {
      readStyled(name);
    } else if (
      name === "boxed" ||
      name === "fbox" ||
      name === "phantom" ||
      name === "hspace" ||
      name === "label"
    ) {
      if (name === "hspace" || name === "phantom" || name === "label") {
        index = bracedArgument(text, index)?.end ?? index;
      }
    } else if (name === "begin" || name === "end") {
      const environment = bracedArgument(text, index);
      if (!environment) {
        throw unreadable;
      }
      index = environment.end;
      if (name === "begin" && environment.content === "array") {
        index = bracedArgument(text, index)?.end ?? index;
      }
      push(name, environment.content.replace("*", ""));
    } else if (name === "not") {
      spaced = true;
      const next = text.slice(index).match(/^\s*(?:=|\\in\b|\\equiv\b)/)?.[0];
      if (next === undefined) {
        throw unreadable;
      }
      index += next.length;
      push("relation", next.includes("in") ? "notin" : "!=");
    } else {
      // What is not known may still stand on both sides.
      const meaning = commandMeaning(name) ?? (["symbol", name] as const);
      push(...meaning);
      if (meaning[0] === "open" || meaning[0] === "close") {
        depth += meaning[0] === "open" ? 1 : -1;
      }
    }
  }

  while (index < text.length) {
    spend(budget, 1);
    const character = text[index] ?? "";
    const next = text[index + 1] ?? "";
    if (/\s/.test(character) || character === "~" || character === "\u200b") {
      spaced = true;
      index++;
    } else if (
      isDigit(character) ||
      (character === "." && (isDigit(next) || text.startsWith(".\\overline", index)))
    ) {
      readNumber();
    } else if (character >= "A" && character <= "z" && /[A-Za-z]/.test(character)) {
      readLetters();
    } else if (character === "\\") {
      readCommand();
    } else if (character === "<" || character === ">" || character === "!" || character === "=") {
      const double = next === "=" ? `${character}=` : character;
      index += double.length;
      if (double === "!") {
        push("factorial", "!");
      } else {
        push("relation", double === "==" ? "=" : double);
      }
    } else if (character === "*" && next === "*") {
      index += 2;
      push("power", "");
    } else {
      index++;
      const single = singleCharacters[character];
      const meaning = single ?? unicodeMeaning(character);
      if (meaning) {
        push(meaning[0], meaning[1]);
        depth +=
          meaning[0] === "open" && character !== "{"
            ? 1
            : meaning[0] === "close" && character !== "}"
              ? -1
              : 0;
      } else if (character === "$" || '€£¥₹"`'.includes(character)) {
        spaced = true;
      } else if (Object.hasOwn(vulgarFractions, character)) {
        pushVulgarFraction(push, vulgarFractions[character] ?? "", tokens.at(-1));
      } else if (Object.hasOwn(superscripts, character)) {
        let digits = superscripts[character] ?? "";
        while (Object.hasOwn(superscripts, text[index] ?? "")) {
          digits += superscripts[text[index] ?? ""];
          index++;
        }
        push("power", "");
        push("number", digits);
      } else if (/\p{Script=Han}/u.test(character) && tokens.length > 0) {
        push("unit", character);
      } else {
        throw unreadable;
      }
    }
  }
  return tokens;
}

function pushVulgarFraction(
  push: (kind: TokenKind, value: string) => void,
  text: string,
  previous: Token | undefined,
): void {
  const [numerator = "", denominator = ""] = text.split("/");
  if (previous?.kind === "number") {
    push("operator", "+");
  }
  for (const [kind, value] of [
    ["fraction", ""],
    ["open", "{"],
    ["number", numerator],
    ["close", "}"],
    ["open", "{"],
    ["number", denominator],
    ["close", "}"],
  ] as const) {
    push(kind, value);
  }
}

/** In plain text, letters that stand apart are a word; beside a bracket or a digit they are factors. */
function isProse(letters: string, spaced: boolean, next: string | undefined): boolean {
  return letters.length > 3 || (spaced && (next === undefined || /[\s.,:]/.test(next)));
}

/** Whether a unit may go on here: behind an operand, or behind `kg -`. */
function standsBehindUnit(tokens: readonly Token[]): boolean {
  const last = tokens.at(-1);
  const before = tokens.at(-2);
  return (
    last !== undefined &&
    (endsOperand(last) || (last.kind === "operator" && (before?.kind === "text" || before?.kind === "unit")))
  );
}
