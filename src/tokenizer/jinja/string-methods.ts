import { splitWords, strip } from "../../python-text.ts";
import { type Arguments, bind, integerArgument, textArgument } from "./arguments.ts";
import type { Budget } from "./budget.ts";
import { textOf } from "./print.ts";
import { splitLines } from "./python-text.ts";
import { TemplateError } from "./template-error.ts";
import { isSequence, itemsOf, list, none, tuple, type Value } from "./values.ts";

type Method = (text: string, given: Arguments, budget: Budget) => Value;

const upperFirst = (text: string): string => {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
  return text === "" ? "" : first.toUpperCase() + text.slice(first.length).toLowerCase();
};

const stripping =
  (name: string, side: "start" | "end" | "both"): Method =>
  (text, given) => {
    const [characters = none] = bind(name, ["chars"], given);
    return strip(text, side, characters === none ? null : textArgument(name, characters));
  };

const affixTest =
  (name: string, test: (text: string, affix: string) => boolean): Method =>
  (text, given) => {
    const [affix] = bind(name, ["affix"], given);
    const affixes =
      affix !== undefined && isSequence(affix) && affix.kind === "tuple" ? affix.items : [affix];
    return affixes.some((one) => test(text, textArgument(name, one)));
  };

const split =
  (name: string, fromEnd: boolean): Method =>
  (text, given, budget) => {
    const [separator = none, maximum] = bind(name, ["sep", "maxsplit"], given);
    const limit = integerArgument(name, maximum, -1);
    if (separator === none) {
      budget.spend(text.length);
      if (fromEnd && limit >= 0) {
        throw new TemplateError("rsplit with a limit needs a separator");
      }
      return list(splitWords(text, limit));
    }
    const sought = textArgument(name, separator);
    if (sought === "") {
      throw new TemplateError("empty separator");
    }
    const parts = searched(text, sought, budget).split(sought);
    budget.spend(parts.length);
    if (limit < 0 || parts.length <= limit + 1) {
      return list(parts);
    }
    return list(
      fromEnd
        ? [parts.slice(0, parts.length - limit).join(sought), ...parts.slice(parts.length - limit)]
        : [...parts.slice(0, limit), parts.slice(limit).join(sought)],
    );
  };

const partition =
  (name: string, fromEnd: boolean): Method =>
  (text, given, budget) => {
    const [separator] = bind(name, ["sep"], given);
    const sought = textArgument(name, separator);
    if (sought === "") {
      throw new TemplateError("empty separator");
    }
    const at = fromEnd
      ? searched(text, sought, budget).lastIndexOf(sought)
      : searched(text, sought, budget).indexOf(sought);
    if (at < 0) {
      return tuple(fromEnd ? ["", "", text] : [text, "", ""]);
    }
    return tuple([text.slice(0, at), sought, text.slice(at + sought.length)]);
  };

function searched(text: string, sought: string, budget: Budget): string {
  budget.spendSearch(text.length, sought.length);
  return text;
}

/** Python counts code points. */
const codePoints = (text: string): number => [...text].length;

const find =
  (name: string, fromEnd: boolean, mustBeThere: boolean): Method =>
  (text, given, budget) => {
    const [sub] = bind(name, ["sub"], given);
    const sought = textArgument(name, sub);
    searched(text, sought, budget);
    const at = fromEnd ? text.lastIndexOf(sought) : text.indexOf(sought);
    if (at < 0 && mustBeThere) {
      throw new TemplateError("substring not found");
    }
    return at < 0 ? -1 : codePoints(text.slice(0, at));
  };

const isAll =
  (name: string, pattern: RegExp): Method =>
  (text, given) => {
    bind(name, [], given);
    return pattern.test(text);
  };

const changed =
  (name: string, change: (text: string) => string): Method =>
  (text, given, budget) => {
    bind(name, [], given);
    budget.spendText(text.length);
    return change(text);
  };

const padded =
  (name: string, pad: (text: string, missing: number, fill: string) => string): Method =>
  (text, given, budget) => {
    const [width, fill = " "] = bind(name, ["width", "fillchar"], given);
    const missing = Math.max(0, integerArgument(name, width, 0) - codePoints(text));
    budget.spendText(text.length + missing);
    return pad(text, missing, textArgument(name, fill));
  };

export function replaceText(text: string, old: string, by: string, count: number, budget: Budget): string {
  const parts = searched(text, old, budget).split(old);
  const pieces = old === "" ? ["", ...text, ""] : parts;
  budget.spend(pieces.length);
  const times = count < 0 ? pieces.length - 1 : Math.min(count, pieces.length - 1);
  budget.spendText(text.length + times * by.length);
  return (
    pieces.slice(0, times + 1).join(by) +
    pieces
      .slice(times + 1)
      .map((piece) => old + piece)
      .join("")
  );
}

export const stringMethods: Readonly<Record<string, Method>> = {
  strip: stripping("strip", "both"),
  lstrip: stripping("lstrip", "start"),
  rstrip: stripping("rstrip", "end"),
  startswith: affixTest("startswith", (text, affix) => text.startsWith(affix)),
  endswith: affixTest("endswith", (text, affix) => text.endsWith(affix)),
  split: split("split", false),
  rsplit: split("rsplit", true),
  partition: partition("partition", false),
  rpartition: partition("rpartition", true),
  splitlines: (text, given, budget) => {
    const [keepEnds = false] = bind("splitlines", ["keepends"], given);
    budget.spend(text.length);
    return list(splitLines(text, keepEnds === true));
  },
  upper: changed("upper", (text) => text.toUpperCase()),
  lower: changed("lower", (text) => text.toLowerCase()),
  casefold: changed("casefold", (text) => text.toLowerCase()),
  capitalize: changed("capitalize", upperFirst),
  title: changed("title", (text) => text.replace(/\p{L}+/gu, upperFirst)),
  find: find("find", false, false),
  rfind: find("rfind", true, false),
  index: find("index", false, true),
  rindex: find("rindex", true, true),
  count: (text, given, budget) => {
    const [sub] = bind("count", ["sub"], given);
    const sought = textArgument("count", sub);
    const parts = searched(text, sought, budget).split(sought).length;
    budget.spend(parts);
    return sought === "" ? codePoints(text) + 1 : parts - 1;
  },
  replace: (text, given, budget) => {
    const [old, by, count] = bind("replace", ["old", "new", "count"], given);
    const [oldText, byText] = [textArgument("replace", old), textArgument("replace", by)];
    return replaceText(text, oldText, byText, integerArgument("replace", count, -1), budget);
  },
  join: (text, given, budget) => {
    const [items] = bind("join", ["iterable"], given);
    const texts = itemsOf(items ?? none, budget).map((item) => textArgument("join", item));
    return joinText(texts, text, budget);
  },
  removeprefix: (text, given) => {
    const prefix = textArgument("removeprefix", bind("removeprefix", ["prefix"], given)[0]);
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  },
  removesuffix: (text, given) => {
    const suffix = textArgument("removesuffix", bind("removesuffix", ["suffix"], given)[0]);
    return suffix !== "" && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
  },
  zfill: padded("zfill", (text, missing) => text.replace(/^[-+]?/, (sign) => sign + "0".repeat(missing))),
  ljust: padded("ljust", (text, missing, fill) => text + fill.repeat(missing)),
  rjust: padded("rjust", (text, missing, fill) => fill.repeat(missing) + text),
  isdigit: isAll("isdigit", /^\p{Nd}+$/u),
  isnumeric: isAll("isnumeric", /^\p{N}+$/u),
  isalpha: isAll("isalpha", /^\p{L}+$/u),
  isalnum: isAll("isalnum", /^[\p{L}\p{N}]+$/u),
  isspace: (text) => text !== "" && strip(text, "both") === "",
  isupper: (text) => text !== text.toLowerCase() && text === text.toUpperCase(),
  islower: (text) => text !== text.toUpperCase() && text === text.toLowerCase(),
  format: formatText,
};

export function joinText(texts: readonly string[], separator: string, budget: Budget): string {
  budget.spendText(texts.reduce((sum, text) => sum + text.length + separator.length, 0));
  return texts.join(separator);
}

/** Fields by position or name, without format specifications. */
function formatText(text: string, { positional, named }: Arguments, budget: Budget): string {
  let next = 0;
  const pieces = text.split(/(\{\{|\}\}|\{\w*\})/).map((piece, index) => {
    if (index % 2 === 0) {
      if (/[{}]/.test(piece)) {
        throw new TemplateError(`the format ${JSON.stringify(piece)} is not supported`);
      }
      return piece;
    }
    if (piece === "{{" || piece === "}}") {
      return piece[0]!;
    }
    const field = piece.slice(1, -1);
    const value = /^\d*$/.test(field) ? positional[field === "" ? next++ : Number(field)] : named.get(field);
    if (value === undefined) {
      throw new TemplateError(`the format names ${piece}, which was not given`);
    }
    return textOf(value, budget);
  });
  return joinText(pieces, "", budget);
}
