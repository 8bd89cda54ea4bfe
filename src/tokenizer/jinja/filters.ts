import { type Arguments, bind, integerArgument, numberArgument, textArgument } from "./arguments.ts";
import type { Budget } from "./budget.ts";
import { dictionaryItems, memberOf } from "./members.ts";
import { applyOperator } from "./operators.ts";
import { splitLines, strip } from "./python-text.ts";
import { joinText, replaceText, stringMethods } from "./string-methods.ts";
import { TemplateError } from "./template-error.ts";
import { passesTest } from "./tests.ts";
import {
  areEqual,
  compare,
  float,
  isDictionary,
  isFloat,
  isSequence,
  isTrue,
  isUndefined,
  itemsOf,
  jsonOf,
  list,
  none,
  numberOf,
  textOf,
  tuple,
  typeName,
  undefinedValue,
  type Value,
} from "./values.ts";

type Filter = (value: Value, given: Arguments, budget: Budget) => Value;

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

/** `a.b.0` of an item; each part that is a number is an index. */
function attributeOf(item: Value, attribute: Value, budget: Budget): Value {
  const parts = typeof attribute === "string" ? attribute.split(".") : [attribute];
  return parts.reduce<Value>((value, part) => {
    const key = typeof part === "string" && /^\d+$/.test(part) ? Number(part) : part;
    return isUndefined(value) ? value : memberOf(value, key, false, budget);
  }, item);
}

const sortKey = (value: Value, caseSensitive: Value): Value =>
  typeof value === "string" && !isTrue(caseSensitive) ? value.toLowerCase() : value;

function sorted(
  items: readonly Value[],
  keyOf: (item: Value) => Value,
  caseSensitive: Value,
  reverse: Value,
  budget: Budget,
): Value {
  const keyed = items.map((item) => ({ item, key: sortKey(keyOf(item), caseSensitive) }));
  const sign = isTrue(reverse) ? -1 : 1;
  return list(keyed.sort((a, b) => sign * compare(a.key, b.key, budget)).map(({ item }) => item));
}

const extreme =
  (name: string, sign: number): Filter =>
  (value, given, budget) => {
    const [caseSensitive = false, attribute = none] = bind(name, ["case_sensitive", "attribute"], given);
    const keyOf = (item: Value): Value =>
      sortKey(attribute === none ? item : attributeOf(item, attribute, budget), caseSensitive);
    const [first, ...rest] = itemsOf(value, budget);
    return rest.reduce<Value>(
      (best, item) => (sign * compare(keyOf(item), keyOf(best), budget) > 0 ? item : best),
      first ?? undefinedValue("No aggregated item, sequence was empty."),
    );
  };

/** `select`, `reject` and their attribute forms: a test by name, or the truth of the item. */
const selecting =
  (keeps: boolean, byAttribute: boolean): Filter =>
  (value, { positional }, budget) => {
    const [attribute, ...testAndArguments] = byAttribute ? positional : [none, ...positional];
    const [test, ...given] = testAndArguments;
    if (attribute === undefined) {
      throw new TemplateError("the filter needs the name of an attribute");
    }
    return list(
      itemsOf(value, budget).filter((item) => {
        const tested = byAttribute ? attributeOf(item, attribute, budget) : item;
        const passes =
          test === undefined
            ? isTrue(tested)
            : passesTest(textArgument("a test", test), tested, given, budget);
        return passes === keeps;
      }),
    );
  };

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
  first: (value, _, budget) =>
    itemsOf(value, budget)[0] ?? undefinedValue("No first item, sequence was empty."),
  last: (value, _, budget) =>
    itemsOf(value, budget).at(-1) ?? undefinedValue("No last item, sequence was empty."),
  list: (value, _, budget) => list(itemsOf(value, budget)),
  items: (value, _, budget) => {
    if (isUndefined(value)) {
      return list([]);
    }
    if (!isDictionary(value)) {
      throw new TemplateError("Can only get item pairs from a mapping.");
    }
    return dictionaryItems(value, budget);
  },
  reverse: (value, _, budget) => {
    const items = [...itemsOf(value, budget)].reverse();
    return typeof value === "string" ? items.join("") : list(items);
  },
  join: (value, given, budget) => {
    const [separator = "", attribute = none] = bind("join", ["d", "attribute"], given);
    const items = itemsOf(value, budget);
    const texts = items.map((item) =>
      textOf(attribute === none ? item : attributeOf(item, attribute, budget), budget),
    );
    return joinText(texts, textOf(separator, budget), budget);
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
  sort: (value, given, budget) => {
    const [reverse = false, caseSensitive = false, attribute = none] = bind(
      "sort",
      ["reverse", "case_sensitive", "attribute"],
      given,
    );
    const keyOf = (item: Value): Value => (attribute === none ? item : attributeOf(item, attribute, budget));
    return sorted(itemsOf(value, budget), keyOf, caseSensitive, reverse, budget);
  },
  dictsort: (value, given, budget) => {
    const [caseSensitive = false, by = "key", reverse = false] = bind(
      "dictsort",
      ["case_sensitive", "by", "reverse"],
      given,
    );
    if (!isDictionary(value) || (by !== "key" && by !== "value")) {
      throw new TemplateError("dictsort sorts a dict by its 'key' or 'value'");
    }
    const keyOf = (item: Value): Value => (isSequence(item) ? item.items[by === "key" ? 0 : 1]! : item);
    return sorted(dictionaryItems(value, budget).items, keyOf, caseSensitive, reverse, budget);
  },
  unique: (value, given, budget) => {
    const [caseSensitive = false] = bind("unique", ["case_sensitive"], given);
    const kept: Value[] = [];
    for (const item of itemsOf(value, budget)) {
      const key = sortKey(item, caseSensitive);
      if (!kept.some((other) => areEqual(sortKey(other, caseSensitive), key, budget))) {
        kept.push(item);
      }
    }
    return list(kept);
  },
  sum: (value, given, budget) => {
    const [attribute = none, start = 0] = bind("sum", ["attribute", "start"], given);
    return itemsOf(value, budget).reduce<Value>(
      (sum, item) =>
        applyOperator("+", sum, attribute === none ? item : attributeOf(item, attribute, budget), budget),
      start,
    );
  },
  min: extreme("min", -1),
  max: extreme("max", 1),
  select: selecting(true, false),
  reject: selecting(false, false),
  selectattr: selecting(true, true),
  rejectattr: selecting(false, true),
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
  batch: (value, given, budget) => {
    const [count, fill] = bind("batch", ["linecount", "fill_with"], given);
    const size = integerArgument("batch", count, 1);
    if (size < 1 || (fill !== undefined && size > 1_000_000)) {
      throw new TemplateError(`batch cannot make rows of ${size}`);
    }
    const items = itemsOf(value, budget);
    return list(
      Array.from({ length: Math.ceil(items.length / size) }, (_, row) => {
        const taken = items.slice(row * size, (row + 1) * size);
        return list(fill === undefined ? taken : [...taken, ...Array(size - taken.length).fill(fill)]);
      }),
    );
  },
  groupby: (value, given, budget) => {
    const [attribute = "", otherwise] = bind("groupby", ["attribute", "default"], given);
    const groups: { key: Value; items: Value[] }[] = [];
    for (const item of itemsOf(value, budget)) {
      const found = attributeOf(item, attribute, budget);
      const key = isUndefined(found) ? (otherwise ?? found) : found;
      const group = groups.find((one) => areEqual(sortKey(one.key, false), sortKey(key, false), budget));
      group === undefined ? groups.push({ key, items: [item] }) : group.items.push(item);
    }
    const pairs = groups.map(({ key, items }) => tuple([key, list(items)]));
    return sorted(pairs, (pair) => (isSequence(pair) ? pair.items[0]! : pair), false, false, budget);
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
