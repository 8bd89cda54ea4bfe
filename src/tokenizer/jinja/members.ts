import { bind } from "./arguments.ts";
import type { Budget } from "./budget.ts";
import { areEqual } from "./comparison.ts";
import { stringMethods } from "./string-methods.ts";
import { TemplateError } from "./template-error.ts";
import {
  type Callable,
  type Dictionary,
  isDictionary,
  isKey,
  isSequence,
  isUndefined,
  list,
  none,
  type Sequence,
  tuple,
  typeName,
  undefinedValue,
  type Value,
} from "./values.ts";

const method = (name: string, call: Callable["call"]): Callable => ({ kind: "function", name, call });

export function dictionaryItems({ entries }: Dictionary, budget: Budget): Sequence {
  budget.spend(entries.size);
  return list([...entries].map((entry) => tuple(entry)));
}

function dictionaryMethod(owner: Dictionary, name: string, budget: Budget): Callable | undefined {
  const { entries } = owner;
  switch (name) {
    case "get":
      return method(name, (positional, named) => {
        const [key, otherwise = none] = bind(name, ["key", "default"], { positional, named });
        return key !== undefined && isKey(key) ? (entries.get(key) ?? otherwise) : otherwise;
      });
    case "items":
      return method(name, () => dictionaryItems(owner, budget));
    case "keys":
      return method(name, () => {
        budget.spend(entries.size);
        return list([...entries.keys()]);
      });
    case "values":
      return method(name, () => {
        budget.spend(entries.size);
        return list([...entries.values()]);
      });
    case "copy":
      return method(name, () => owner);
    case "update":
    case "pop":
    case "popitem":
    case "clear":
    case "setdefault":
      throw new TemplateError(`a template may not change a dict with ${name}`);
    default:
      return undefined;
  }
}

function sequenceMethod({ items }: Sequence, name: string, budget: Budget): Callable | undefined {
  switch (name) {
    case "count":
      return method(name, ([sought = none]) => items.filter((item) => areEqual(item, sought, budget)).length);
    case "index":
      return method(name, ([sought = none]) => {
        const index = items.findIndex((item) => areEqual(item, sought, budget));
        if (index < 0) {
          throw new TemplateError("the value is not in the list");
        }
        return index;
      });
    case "append":
    case "extend":
    case "insert":
    case "remove":
    case "pop":
    case "sort":
    case "reverse":
    case "clear":
      throw new TemplateError(`a template may not change a list with ${name}`);
    default:
      return undefined;
  }
}

function methodOf(owner: Value, name: string, budget: Budget): Value | undefined {
  if (typeof owner === "string") {
    const found = Object.hasOwn(stringMethods, name) ? stringMethods[name]! : undefined;
    return (
      found &&
      method(name, (positional, named) => {
        for (const text of [owner, ...positional, ...named.values()]) {
          budget.spendText(typeof text === "string" ? text.length : 0);
        }
        return found(owner, { positional, named }, budget);
      })
    );
  }
  if (typeof owner !== "object") {
    return undefined;
  }
  switch (owner.kind) {
    case "dict":
      return dictionaryMethod(owner, name, budget);
    case "list":
    case "tuple":
      return sequenceMethod(owner, name, budget);
    case "namespace":
      return owner.entries.get(name);
    default:
      return undefined;
  }
}

/** Python counts in code points where JavaScript counts in halves of them. */
function itemAt(owner: Value, index: number, budget: Budget): Value | undefined {
  if (isSequence(owner)) {
    return owner.items.at(index);
  }
  if (typeof owner === "string") {
    budget.spend(owner.length);
    return [...owner].at(index);
  }
  return undefined;
}

function itemOf(owner: Value, key: Value, budget: Budget): Value | undefined {
  if (isDictionary(owner)) {
    return isKey(key) ? owner.entries.get(key) : undefined;
  }
  return typeof key === "number" || typeof key === "boolean" ? itemAt(owner, Number(key), budget) : undefined;
}

/** `owner.key` looks for an attribute first, `owner[key]` for an item; each then tries the other, as Jinja does. */
export function memberOf(owner: Value, key: Value, byName: boolean, budget: Budget): Value {
  if (isUndefined(owner)) {
    throw new TemplateError(owner.problem);
  }
  const attribute = (): Value | undefined =>
    typeof key === "string" ? methodOf(owner, key, budget) : undefined;
  const item = (): Value | undefined => itemOf(owner, key, budget);
  return (
    (byName ? (attribute() ?? item()) : (item() ?? attribute())) ??
    undefinedValue(
      typeof key === "string"
        ? `'${typeName(owner)} object' has no attribute '${key}'`
        : `${typeName(owner)} object has no element ${typeof key === "number" ? key : typeName(key)}`,
    )
  );
}

/** `value[start:stop:step]`. */
export function sliceOf(owner: Value, bounds: readonly (Value | undefined)[], budget: Budget): Value {
  const [start, stop, step = 1] = bounds.map((bound) => {
    if (bound !== undefined && bound !== none && typeof bound !== "number") {
      throw new TemplateError(`a slice needs integers, not '${typeName(bound)}'`);
    }
    return bound === none ? undefined : (bound as number | undefined);
  });
  if (isUndefined(owner)) {
    throw new TemplateError(owner.problem);
  }
  if (typeof owner !== "string" && !isSequence(owner)) {
    throw new TemplateError(`'${typeName(owner)}' object cannot be cut`);
  }
  if (step === 0) {
    throw new TemplateError("slice step cannot be zero");
  }
  budget.spend(typeof owner === "string" ? owner.length : owner.items.length);
  const items: readonly Value[] = typeof owner === "string" ? [...owner] : owner.items;
  const taken = slice(items, start, stop, step);
  return typeof owner === "string" ? taken.join("") : { kind: owner.kind, items: taken };
}

function slice(
  items: readonly Value[],
  start: number | undefined,
  stop: number | undefined,
  step: number,
): Value[] {
  const [lowest, highest] = step > 0 ? [0, items.length] : [-1, items.length - 1];
  const inside = (bound: number): number =>
    Math.min(Math.max(bound < 0 ? bound + items.length : bound, lowest), highest);
  const from = start === undefined ? (step > 0 ? lowest : highest) : inside(start);
  const to = stop === undefined ? (step > 0 ? highest : lowest) : inside(stop);
  const taken: Value[] = [];
  for (let index = from; step > 0 ? index < to : index > to; index += step) {
    taken.push(items[index]!);
  }
  return taken;
}
