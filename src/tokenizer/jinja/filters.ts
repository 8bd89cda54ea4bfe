import { strip } from "../../python-text.ts";
import { type Arguments, bind, integerArgument, numberArgument, textArgument } from "./arguments.ts";
import type { Budget } from "./budget.ts";
import { dictionaryItems } from "./members.ts";
import { jsonOf, textOf } from "./print.ts";
import { splitLines } from "./python-text.ts";
import { attributeOf, type Filter, sequenceFilters } from "./sequence-filters.ts";
import { joinText, replaceText, stringMethods } from "./string-methods.ts";
import { TemplateError } from "./template-error.ts";
import {
  float,
  isDictionary,
  isFloat,
  isSequence,
  isTrue,
  isUndefined,
  itemsOf,
  list,
  none,
  numberOf,
  typeName,
  type Value,
} from "./values.ts";

function lengthOf(value: Value): number {
  if (typeof value === "string") {
    return [...value].length;
  }
  if (isSequence(value)) {
    return value.items.length;
  }
  if (isDictionary(value)) {
    return value.entries.size;
  }
  if (isUndefined(value)) {
    return 0;
  }
  throw new TemplateError(`object of type '${typeName(value)}' has no length`);
}

function toInteger(value: Value, otherwise: Value): Value {
  const text = typeof value === "string" ? value.trim().replaceAll("_", "") : null;
  const number =
    text === null
      ? numberOf(value)
      : /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)
        ? Number(text)
        : undefined;
  return number === undefined || !Number.isFinite(number) ? otherwise : Math.trunc(number);
}

function toFloat(value: Value, otherwise: Value): Value {
  const number = toInteger(value, Number.NaN);
  const exact = typeof value === "string" ? Number(value.trim().replaceAll("_", "")) : numberOf(value);
  return Number.isNaN(number) || exact === undefined ? otherwise : float(exact);
}

/** Half to even, on the decimal text of the value as Python rounds. */
function round(value: number, precision: number, method: string): number {
  const scale = 10 ** precision;
  const scaled = value * scale;
  if (method === "ceil" || method === "floor") {
    return Math[method](scaled) / scale;
  }
  const below = Math.floor(scaled);
  const isTie = scaled - below === 0.5;
  return (isTie ? below + (below % 2 === 0 ? 0 : 1) : Math.round(scaled)) / scale;
}

const asText =
  (method: string): Filter =>
  (value, given, budget) =>
    stringMethods[method]!(textOf(value, budget), given, budget);

const filters: Readonly<Record<string, Filter>> = {
  ...sequenceFilters,
  abs: (value) => {
    const size = Math.abs(numberArgument("abs", value));
    return isFloat(value) ? float(size) : size;
  },
  capitalize: asText("capitalize"),
  upper: asText("upper"),
  lower: asText("lower"),
  title: (value, _, budget) =>
    textOf(value, budget).replace(/[^-\s({[<]+/gu, (word) => {
      const first = String.fromCodePoint(word.codePointAt(0)!);
      return first.toUpperCase() + word.slice(first.length).toLowerCase();
    }),
  trim: (value, given, budget) => {
    const [characters = none] = bind("trim", ["chars"], given);
    return strip(
      textOf(value, budget),
      "both",
      characters === none ? null : textArgument("trim", characters),
    );
  },
  string: (value, _, budget) => textOf(value, budget),
  safe: (value) => value,
  length: (value) => lengthOf(value),
  default: (value, given) => {
    const [otherwise = "", falseToo = false] = bind("default", ["default_value", "boolean"], given);
    return isUndefined(value) || (isTrue(falseToo) && !isTrue(value)) ? otherwise : value;
  },
  items: (value, _, budget) => {
    if (isUndefined(value)) {
      return list([]);
    }
    if (!isDictionary(value)) {
      throw new TemplateError("Can only get item pairs from a mapping.");
    }
    return dictionaryItems(value, budget);
  },
  replace: (value, given, budget) => {
    const [old, by, count = none] = bind("replace", ["old", "new", "count"], given);
    const times = integerArgument("replace", count === none ? undefined : count, -1);
    return replaceText(
      textOf(value, budget),
      textOf(old ?? "", budget),
      textOf(by ?? "", budget),
      times,
      budget,
    );
  },
  int: (value, given) => toInteger(value, bind("int", ["default", "base"], given)[0] ?? 0),
  float: (value, given) => toFloat(value, bind("float", ["default"], given)[0] ?? float(0)),
  round: (value, given) => {
    const [precision, method = "common"] = bind("round", ["precision", "method"], given);
    const number = numberArgument("round", value);
    const rounded = round(number, integerArgument("round", precision, 0), textArgument("round", method));
    return isFloat(value) || method !== "common" ? float(rounded) : rounded;
  },
  indent: (value, given, budget) => {
    const [width = 4, first = false, blank = false] = bind("indent", ["width", "first", "blank"], given);
    const lines = splitLines(`${textOf(value, budget)}\n`);
    const size = typeof width === "string" ? width.length : integerArgument("indent", width, 4);
    budget.spendText(size * lines.length);
    const indention = typeof width === "string" ? width : " ".repeat(Math.max(0, size));
    const indented = lines.map((line, index) =>
      index === 0
        ? isTrue(first)
          ? indention + line
          : line
        : line !== "" || isTrue(blank)
          ? indention + line
          : line,
    );
    return joinText(indented, "\n", budget);
  },
  tojson: (value, given, budget) => {
    const names = ["ensure_ascii", "indent", "separators", "sort_keys"];
    const [asciiOnly = false, indent = none, separators = none, sortKeys = false] = bind(
      "tojson",
      names,
      given,
    );
    const size =
      typeof indent === "string"
        ? indent.length
        : integerArgument("tojson", indent === none ? undefined : indent, 0);
    budget.spendText(Math.max(0, size));
    const indention =
      indent === none ? null : typeof indent === "string" ? indent : " ".repeat(Math.max(0, size));
    const parts =
      separators === none ? null : itemsOf(separators, budget).map((one) => textArgument("tojson", one));
    return jsonOf(
      value,
      {
        asciiOnly: isTrue(asciiOnly),
        indent: indention,
        separators:
          parts === null ? [indention === null ? ", " : ",", ": "] : [parts[0] ?? "", parts[1] ?? ""],
        sortKeys: isTrue(sortKeys),
      },
      budget,
    );
  },
  map: (value, { positional, named }, budget) => {
    const attribute = named.get("attribute");
    const otherwise = named.get("default");
    return list(
      itemsOf(value, budget).map((item) => {
        if (attribute === undefined) {
          return applyFilter(
            textArgument("map", positional[0]),
            item,
            { positional: positional.slice(1), named },
            budget,
          );
        }
        const found = attributeOf(item, attribute, budget);
        return isUndefined(found) ? (otherwise ?? found) : found;
      }),
    );
  },
  wordcount: (value, _, budget) => (textOf(value, budget).match(/\w+/gu) ?? []).length,
};

const otherNames: Readonly<Record<string, string>> = { count: "length", d: "default" };

/** `value|name(...)`. */
export function applyFilter(name: string, value: Value, given: Arguments, budget: Budget): Value {
  const known = Object.hasOwn(otherNames, name) ? otherNames[name]! : name;
  if (!Object.hasOwn(filters, known)) {
    throw new TemplateError(`there is no filter named '${name}'`);
  }
  if (typeof value === "string") {
    budget.spendText(value.length);
  }
  return filters[known]!(value, given, budget);
}
