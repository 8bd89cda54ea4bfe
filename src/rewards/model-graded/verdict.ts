import { shown } from "../../error-text.ts";
import { runWithin } from "../../time-limit.ts";
import type { ModelGradedParameters } from "./parameters.ts";

const patternMilliseconds = 1000;

/** The number that a model's answer gives. Throws an error that says what is missing in it. */
export function readVerdict(
  answer: string,
  { verdict, values, range }: Pick<ModelGradedParameters, "verdict" | "values" | "range">,
): number {
  const found = findVerdict(answer, verdict);
  const number = values === undefined ? numberOf(found) : valueInWords(found, values);
  const [lowest, highest] = range;
  if (number < lowest || number > highest) {
    throw new Error(`its verdict ${number} is not from ${lowest} to ${highest}`);
  }
  return number;
}

function findVerdict(answer: string, verdict: ModelGradedParameters["verdict"]): unknown {
  if ("tag" in verdict) {
    const end = answer.lastIndexOf(`</${verdict.tag}>`);
    const start = end < 0 ? -1 : answer.lastIndexOf(`<${verdict.tag}>`, end);
    return start < 0
      ? missing(`<${verdict.tag}>...</${verdict.tag}>`, answer)
      : answer.slice(start + verdict.tag.length + 2, end);
  }
  if ("field" in verdict) {
    const object = lastObject(answer);
    return object !== null && Object.hasOwn(object, verdict.field)
      ? object[verdict.field]
      : missing(`JSON object with the field "${verdict.field}"`, answer);
  }
  // The user's pattern meets text of a model's.
  const last = runWithin(patternMilliseconds, () =>
    [...answer.matchAll(new RegExp(verdict.pattern, "g"))].at(-1),
  );
  return last === undefined ? missing(`match of /${verdict.pattern}/`, answer) : (last[1] ?? last[0]);
}

function missing(what: string, answer: string): never {
  throw new Error(`its answer has no ${what}: ${shown(answer.slice(-200))}`);
}

/** The object that ends last, whatever text is around it. */
function lastObject(text: string): Record<string, unknown> | null {
  const end = text.lastIndexOf("}");
  for (let start = text.lastIndexOf("{", end), tries = 0; start >= 0 && tries < 100; tries++) {
    try {
      return JSON.parse(text.slice(start, end + 1)) as Record<string, unknown>;
    } catch {
      start = start === 0 ? -1 : text.lastIndexOf("{", start - 1);
    }
  }
  return null;
}

function numberOf(found: unknown): number {
  const text = String(found).trim();
  if (typeof found === "boolean") {
    return found ? 1 : 0;
  }
  if (!/^[-+]?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text)) {
    throw new Error(`its verdict ${shown(found)} is not a number`);
  }
  return Number(text);
}

function valueInWords(found: unknown, values: Readonly<Record<string, number>>): number {
  const word = String(found).trim().toLowerCase();
  const known = Object.entries(values).find(([name]) => name.toLowerCase() === word);
  if (known === undefined) {
    throw new Error(`its verdict ${shown(found)} is none of ${Object.keys(values).join(", ")}`);
  }
  return known[1];
}
