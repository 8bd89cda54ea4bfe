import type { Budget } from "./budget.ts";
import { areEqual } from "./comparison.ts";
import { type Callable, type Namespace, tuple, undefinedValue, type Value } from "./values.ts";

/** `loop.changed(...)`: whether it is called with other values than the last time in the same loop. */
export function changeDetector(budget: Budget): Callable {
  let last: Value | undefined;
  return {
    kind: "function",
    name: "changed",
    call: (values) => {
      const previous = last;
      last = tuple(values);
      return previous === undefined || !areEqual(previous, last, budget);
    },
  };
}

/** What `loop` is in one pass through a loop. */
export function describeLoop(items: readonly Value[], index: number, changed: Callable): Namespace {
  const { length } = items;
  const cycle: Callable = {
    kind: "function",
    name: "cycle",
    call: (values) => values[index % values.length] ?? undefinedValue("cycle() has nothing to go through"),
  };
  const facts: Readonly<Record<string, Value>> = {
    index: index + 1,
    index0: index,
    revindex: length - index,
    revindex0: length - index - 1,
    first: index === 0,
    last: index === length - 1,
    length,
    previtem: items[index - 1] ?? undefinedValue("there is no previous item"),
    nextitem: items[index + 1] ?? undefinedValue("there is no next item"),
    cycle,
    changed,
  };
  return { kind: "namespace", entries: new Map(Object.entries(facts)) };
}
