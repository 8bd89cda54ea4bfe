import type { Budget } from "./budget.ts";
import { TemplateError } from "./template-error.ts";
import { isDictionary, isSequence, isUndefined, numberOf, typeName, type Value } from "./values.ts";

/** By code points, as Python orders strings. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let index = 0;
  while (index < length && a[index] === b[index]) {
    index++;
  }
  const [left, right] = [a.codePointAt(index) ?? -1, b.codePointAt(index) ?? -1];
  return left - right;
}

export function areEqual(a: Value, b: Value, budget: Budget): boolean {
  budget.spend(1);
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined || right !== undefined) {
    return left === right;
  }
  if (isSequence(a) && isSequence(b)) {
    return (
      a.kind === b.kind &&
      a.items.length === b.items.length &&
      a.items.every((item, index) => areEqual(item, b.items[index]!, budget))
    );
  }
  if (isDictionary(a) && isDictionary(b)) {
    return (
      a.entries.size === b.entries.size &&
      [...a.entries].every(([key, item]) => b.entries.has(key) && areEqual(item, b.entries.get(key)!, budget))
    );
  }
  if (typeof a === "string" && typeof b === "string") {
    budget.spendText(Math.min(a.length, b.length));
  }
  return a === b || (isUndefined(a) && isUndefined(b));
}

/** Negative, zero or positive; what Python does not order is an error. */
export function compare(a: Value, b: Value, budget: Budget): number {
  budget.spend(1);
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined && right !== undefined) {
    return left - right;
  }
  if (typeof a === "string" && typeof b === "string") {
    budget.spendText(Math.min(a.length, b.length));
    return compareText(a, b);
  }
  if (isSequence(a) && isSequence(b) && a.kind === b.kind) {
    const differs = a.items.findIndex(
      (item, index) => index >= b.items.length || !areEqual(item, b.items[index]!, budget),
    );
    return differs < 0 || differs >= b.items.length
      ? a.items.length - b.items.length
      : compare(a.items[differs]!, b.items[differs]!, budget);
  }
  throw new TemplateError(`'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}
