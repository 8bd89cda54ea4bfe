import type { Budget } from "./budget.ts";
import { areEqual } from "./comparison.ts";
import { applyOperator, contains } from "./operators.ts";
import { TemplateError } from "./template-error.ts";
import {
  isDictionary,
  isFloat,
  isSequence,
  isUndefined,
  none,
  numberOf,
  typeName,
  type Value,
} from "./values.ts";

type Test = (value: Value, given: readonly Value[], budget: Budget) => boolean;

const compared =
  (operator: string): Test =>
  (value, [other = none], budget) =>
    applyOperator(operator, value, other, budget) === true;

function integer(value: Value): number {
  if (typeof value !== "number") {
    throw new TemplateError(`'${typeName(value)}' is neither odd nor even`);
  }
  return value;
}

const equal: Test = (value, [other = none], budget) => areEqual(value, other, budget);

const tests: Readonly<Record<string, Test>> = {
  defined: (value) => !isUndefined(value),
  undefined: isUndefined,
  none: (value) => value === none,
  boolean: (value) => typeof value === "boolean",
  true: (value) => value === true,
  false: (value) => value === false,
  string: (value) => typeof value === "string",
  number: (value) => numberOf(value) !== undefined,
  integer: (value) => typeof value === "number",
  float: isFloat,
  mapping: isDictionary,
  sequence: (value) =>
    typeof value === "string" || isSequence(value) || isDictionary(value) || isUndefined(value),
  iterable: (value) =>
    typeof value === "string" || isSequence(value) || isDictionary(value) || isUndefined(value),
  callable: (value) => typeof value === "object" && value.kind === "function",
  odd: (value) => integer(value) % 2 !== 0,
  even: (value) => integer(value) % 2 === 0,
  divisibleby: (value, [by = none], budget) => applyOperator("%", value, by, budget) === 0,
  lower: (value) =>
    typeof value === "string" && value === value.toLowerCase() && value !== value.toUpperCase(),
  upper: (value) =>
    typeof value === "string" && value === value.toUpperCase() && value !== value.toLowerCase(),
  in: (value, [container = none], budget) => contains(container, value, budget),
  sameas: (value, [other]) => value === other,
  equalto: equal,
  eq: equal,
  "==": equal,
  ne: compared("!="),
  "!=": compared("!="),
  lt: compared("<"),
  lessthan: compared("<"),
  "<": compared("<"),
  le: compared("<="),
  "<=": compared("<="),
  gt: compared(">"),
  greaterthan: compared(">"),
  ">": compared(">"),
  ge: compared(">="),
  ">=": compared(">="),
};

/** `value is name`, or a test that a filter such as `selectattr` names. */
export function passesTest(name: string, value: Value, given: readonly Value[], budget: Budget): boolean {
  if (!Object.hasOwn(tests, name)) {
    throw new TemplateError(`there is no test named '${name}'`);
  }
  budget.spendText(typeof value === "string" ? value.length : 0);
  return tests[name]!(value, given, budget);
}
