import { bind, integerArgument, textArgument } from "./arguments.ts";
import type { Budget } from "./budget.ts";
import { generationFunction } from "./parse-template.ts";
import { textOf } from "./print.ts";
import { TemplateError } from "./template-error.ts";
import { type Callable, isDictionary, isSequence, list, typeName, type Value } from "./values.ts";

/** The sandbox of the reference allows no longer range. */
const longestRange = 100_000;

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const months = ["January", "February", "March", "April", "May", "June"].concat([
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
]);

const two = (value: number): string => String(value).padStart(2, "0");

/** Python's `strftime` in the C locale, for the directives of dates and times of day. */
export function formatTime(time: Date, format: string): string {
  const dayOfYear =
    Math.round(
      (Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()) - Date.UTC(time.getFullYear(), 0, 1)) /
        86_400_000,
    ) + 1;
  const parts: Readonly<Record<string, string>> = {
    Y: String(time.getFullYear()),
    y: two(time.getFullYear() % 100),
    m: two(time.getMonth() + 1),
    d: two(time.getDate()),
    H: two(time.getHours()),
    I: two(((time.getHours() + 11) % 12) + 1),
    M: two(time.getMinutes()),
    S: two(time.getSeconds()),
    p: time.getHours() < 12 ? "AM" : "PM",
    j: String(dayOfYear).padStart(3, "0"),
    A: days[time.getDay()]!,
    a: days[time.getDay()]!.slice(0, 3),
    B: months[time.getMonth()]!,
    b: months[time.getMonth()]!.slice(0, 3),
    "%": "%",
  };
  return format.replace(/%(-?)(.)/gsu, (_, plain: string, directive: string) => {
    const part = Object.hasOwn(parts, directive) ? parts[directive]! : undefined;
    if (part === undefined) {
      throw new TemplateError(`the time format ${JSON.stringify(`%${plain}${directive}`)} is not supported`);
    }
    return plain === "" ? part : part.replace(/^0+(?=.)/, "");
  });
}

function range(given: readonly Value[], budget: Budget): Value {
  const [first = 0, second, step = 1] = given.map((value) => integerArgument("range", value, 0));
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) {
    throw new TemplateError("range() arg 3 must not be zero");
  }
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > longestRange) {
    throw new TemplateError(`a range of ${length} is longer than ${longestRange}`);
  }
  budget.spend(length);
  return list(Array.from({ length }, (_, index) => start + index * step));
}

function entriesOf(
  owner: string,
  positional: readonly Value[],
  named: ReadonlyMap<string, Value>,
  budget: Budget,
): Map<string, Value> {
  const [source] = positional;
  budget.spend(source !== undefined && isDictionary(source) ? source.entries.size : 0);
  budget.spend(source !== undefined && isSequence(source) ? source.items.length : 0);
  const pairs: (readonly [Value, Value])[] = [];
  if (source !== undefined && isDictionary(source)) {
    pairs.push(...source.entries);
  } else if (source !== undefined && isSequence(source)) {
    for (const item of source.items) {
      if (!isSequence(item) || item.items.length !== 2) {
        throw new TemplateError(`${owner} needs pairs of a name and a value`);
      }
      pairs.push([item.items[0]!, item.items[1]!]);
    }
  } else if (source !== undefined) {
    throw new TemplateError(`${owner} cannot be made of '${typeName(source)}'`);
  }
  return new Map([
    ...pairs.map(([key, value]): [string, Value] => [textArgument(owner, key), value]),
    ...named,
  ]);
}

/** The functions that every template can call. */
export function templateGlobals(
  budget: Budget,
  now: () => Date = () => new Date(),
): ReadonlyMap<string, Value> {
  const functions: Readonly<Record<string, Callable["call"]>> = {
    range: (positional) => range(positional, budget),
    namespace: (positional, named) => ({
      kind: "namespace",
      entries: entriesOf("namespace", positional, named, budget),
    }),
    dict: (positional, named) => ({ kind: "dict", entries: entriesOf("dict", positional, named, budget) }),
    raise_exception: (positional, named) => {
      const [message = ""] = bind("raise_exception", ["message"], { positional, named });
      throw new TemplateError(`it refuses: ${textOf(message, budget)}`);
    },
    strftime_now: (positional, named) => {
      const [format] = bind("strftime_now", ["format"], { positional, named });
      const text = textArgument("strftime_now", format);
      budget.spendText(text.length);
      return formatTime(now(), text);
    },
    // What a generation block holds is rendered as it stands; the block only marks it for training.
    [generationFunction]: (_, named) => (named.get("caller") as Callable).call([], new Map()),
  };
  return new Map(Object.entries(functions).map(([name, call]) => [name, { kind: "function", name, call }]));
}
