import { type Arguments, bind, integerArgument, textArgument } from "./arguments.ts";
import type { Budget } from "./budget.ts";
import { areEqual, compare } from "./comparison.ts";
import { dictionaryItems, memberOf } from "./members.ts";
import { applyOperator } from "./operators.ts";
import { textOf } from "./print.ts";
import { joinText } from "./string-methods.ts";
import { TemplateError } from "./template-error.ts";
import { passesTest } from "./tests.ts";
import {
  isDictionary,
  isSequence,
  isTrue,
  isUndefined,
  itemsOf,
  list,
  none,
  tuple,
  undefinedValue,
  type Value,
} from "./values.ts";

export type Filter = (value: Value, given: Arguments, budget: Budget) => Value;

/** `a.b.0` of an item; each part that is a number is an index. */
export function attributeOf(item: Value, attribute: Value, budget: Budget): Value {
  budget.spend(typeof attribute === "string" ? attribute.length : 1);
  const parts = typeof attribute === "string" ? attribute.split(".") : [attribute];
  return parts.reduce<Value>((value, part) => {
    const key = typeof part === "string" && /^\d+$/.test(part) ? Number(part) : part;
    return isUndefined(value) ? value : memberOf(value, key, false, budget);
  }, item);
}

function sortKey(value: Value, caseSensitive: Value, budget: Budget): Value {
  if (typeof value !== "string" || isTrue(caseSensitive)) {
    return value;
  }
  budget.spendText(value.length);
  return value.toLowerCase();
}

function sorted(
  items: readonly Value[],
  keyOf: (item: Value) => Value,
  caseSensitive: Value,
  reverse: Value,
  budget: Budget,
): Value {
  const keyed = items.map((item) => ({ item, key: sortKey(keyOf(item), caseSensitive, budget) }));
  const sign = isTrue(reverse) ? -1 : 1;
  return list(keyed.sort((a, b) => sign * compare(a.key, b.key, budget)).map(({ item }) => item));
}

const extreme =
  (name: string, sign: number): Filter =>
  (value, given, budget) => {
    const [caseSensitive = false, attribute = none] = bind(name, ["case_sensitive", "attribute"], given);
    const keyOf = (item: Value): Value =>
      sortKey(attribute === none ? item : attributeOf(item, attribute, budget), caseSensitive, budget);
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

/** Filters that go through the items of their value. */
export const sequenceFilters: Readonly<Record<string, Filter>> = {
  first: (value, _, budget) =>
    itemsOf(value, budget)[0] ?? undefinedValue("No first item, sequence was empty."),
  last: (value, _, budget) =>
    itemsOf(value, budget).at(-1) ?? undefinedValue("No last item, sequence was empty."),
  list: (value, _, budget) => list(itemsOf(value, budget)),
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
    const kept: { key: Value; item: Value }[] = [];
    for (const item of itemsOf(value, budget)) {
      const key = sortKey(item, caseSensitive, budget);
      if (!kept.some((other) => areEqual(other.key, key, budget))) {
        kept.push({ key, item });
      }
    }
    return list(kept.map(({ item }) => item));
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
  batch: (value, given, budget) => {
    const [count, fill] = bind("batch", ["linecount", "fill_with"], given);
    const size = integerArgument("batch", count, 1);
    if (size < 1) {
      throw new TemplateError(`batch cannot make rows of ${size}`);
    }
    const items = itemsOf(value, budget);
    budget.spend(fill === undefined ? 0 : size);
    return list(
      Array.from({ length: Math.ceil(items.length / size) }, (_, row) => {
        const taken = items.slice(row * size, (row + 1) * size);
        return list(fill === undefined ? taken : [...taken, ...Array(size - taken.length).fill(fill)]);
      }),
    );
  },
  groupby: (value, given, budget) => {
    const [attribute = "", otherwise] = bind("groupby", ["attribute", "default"], given);
    const groups: { key: Value; folded: Value; items: Value[] }[] = [];
    for (const item of itemsOf(value, budget)) {
      const found = attributeOf(item, attribute, budget);
      const key = isUndefined(found) ? (otherwise ?? found) : found;
      const folded = sortKey(key, false, budget);
      const group = groups.find((one) => areEqual(one.folded, folded, budget));
      if (group === undefined) {
        groups.push({ key, folded, items: [item] });
      } else {
        group.items.push(item);
      }
    }
    const pairs = groups.map(({ key, items }) => tuple([key, list(items)]));
    return sorted(pairs, (pair) => (isSequence(pair) ? pair.items[0]! : pair), false, false, budget);
  },
};
