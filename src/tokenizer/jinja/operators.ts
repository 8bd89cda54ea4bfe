import type { Budget } from "./budget.ts";
import { areEqual, compare } from "./comparison.ts";
import { textOf } from "./print.ts";
import { TemplateError } from "./template-error.ts";
import {
  float,
  isDictionary,
  isFloat,
  isKey,
  isSequence,
  isUndefined,
  itemsOf,
  numberOf,
  typeName,
  type Value,
} from "./values.ts";

function arithmetic(operator: string, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "//":
      return Math.floor(a / b);
    case "%":
      return a - b * Math.floor(a / b);
    default:
      return a ** b;
  }
}

function numberResult(operator: string, left: Value, right: Value): Value | undefined {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === undefined || b === undefined) {
    return undefined;
  }
  if (b === 0 && ["/", "//", "%"].includes(operator)) {
    throw new TemplateError("division by zero");
  }
  const result = arithmetic(operator, a, b);
  if (isFloat(left) || isFloat(right) || operator === "/" || (operator === "**" && b < 0)) {
    return float(result);
  }
  if (!Number.isSafeInteger(result)) {
    throw new TemplateError(`${a} ${operator} ${b} is too large`);
  }
  return result === 0 ? 0 : result;
}

function repeat(value: Value, count: Value, budget: Budget): Value | undefined {
  if (typeof count !== "number" && typeof count !== "boolean") {
    return undefined;
  }
  const times = Math.max(0, Number(count));
  if (typeof value === "string") {
    budget.spendText(value.length * times);
    return value.repeat(times);
  }
  if (isSequence(value)) {
    budget.spend(value.items.length * times);
    return { kind: value.kind, items: Array.from({ length: times }, () => value.items).flat() };
  }
  return undefined;
}

function combine(operator: string, left: Value, right: Value, budget: Budget): Value | undefined {
  if (operator === "*") {
    return repeat(left, right, budget) ?? repeat(right, left, budget);
  }
  if (operator === "+" && typeof left === "string" && typeof right === "string") {
    budget.spendText(left.length + right.length);
    return left + right;
  }
  if (operator === "+" && isSequence(left) && isSequence(right) && left.kind === right.kind) {
    budget.spend(left.items.length + right.items.length);
    return { kind: left.kind, items: [...left.items, ...right.items] };
  }
  return undefined;
}

/** `sought in container`. */
export function contains(container: Value, sought: Value, budget: Budget): boolean {
  if (typeof container === "string") {
    if (typeof sought !== "string") {
      throw new TemplateError(`'in <string>' requires string as left operand, not ${typeName(sought)}`);
    }
    budget.spendSearch(container.length, sought.length);
    return container.includes(sought);
  }
  if (isDictionary(container)) {
    return isKey(sought) && container.entries.has(sought);
  }
  return itemsOf(container, budget).some((item) => areEqual(item, sought, budget));
}

/** Every binary operator but `and` and `or`, which may leave out their right side. */
export function applyOperator(operator: string, left: Value, right: Value, budget: Budget): Value {
  switch (operator) {
    case "==":
      return areEqual(left, right, budget);
    case "!=":
      return !areEqual(left, right, budget);
    case "in":
      return contains(right, left, budget);
    case "not in":
      return !contains(right, left, budget);
    case "~": {
      const texts = [textOf(left, budget), textOf(right, budget)];
      budget.spendText(texts[0]!.length + texts[1]!.length);
      return texts[0]! + texts[1]!;
    }
  }
  const missing = [left, right].find(isUndefined);
  if (missing !== undefined) {
    throw new TemplateError(missing.problem);
  }
  switch (operator) {
    case "<":
      return compare(left, right, budget) < 0;
    case "<=":
      return compare(left, right, budget) <= 0;
    case ">":
      return compare(left, right, budget) > 0;
    case ">=":
      return compare(left, right, budget) >= 0;
  }
  const result = numberResult(operator, left, right) ?? combine(operator, left, right, budget);
  if (result === undefined) {
    throw new TemplateError(
      `unsupported operand types for ${operator}: '${typeName(left)}' and '${typeName(right)}'`,
    );
  }
  return result;
}
