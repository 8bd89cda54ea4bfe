import type { Rational } from "./rational.ts";

export type RelationOperator = "=" | "<" | "<=" | ">" | ">=" | "!=" | "in" | "notin" | "approx" | "subset";

export type Bracket = "(" | ")" | "[" | "]" | "{" | "}" | "<" | ">" | "";

/** What an answer says, as a tree. Numbers are exact; nothing is evaluated by reading. */
export type Expression =
  | { kind: "number"; value: Rational; decimal: boolean; subscript?: string }
  | { kind: "symbol"; name: string }
  | { kind: "constant"; name: "pi" | "e" | "i" | "infinity" | "gamma" }
  | { kind: "sum"; terms: readonly Expression[] }
  | { kind: "product"; factors: readonly Expression[] }
  | { kind: "power"; base: Expression; exponent: Expression }
  | { kind: "call"; name: string; arguments: readonly Expression[] }
  /** A sum, product, integral or limit: `variable` is bound in `body`. */
  | {
      kind: "binder";
      name: "sum" | "product" | "integral" | "limit";
      variable: string;
      from?: Expression;
      to?: Expression;
      body: Expression;
    }
  | { kind: "percent"; value: Expression }
  | { kind: "quantity"; value: Expression; unit: string }
  | { kind: "relation"; operators: readonly RelationOperator[]; operands: readonly Expression[] }
  | { kind: "connected"; connective: "and" | "or"; parts: readonly Expression[] }
  /** Values side by side, in brackets or in none. */
  | { kind: "sequence"; open: Bracket; close: Bracket; members: readonly Expression[] }
  | { kind: "interval"; start: Expression; startOpen: boolean; end: Expression; endOpen: boolean }
  | { kind: "plus-minus"; left?: Expression; right: Expression; minusFirst: boolean }
  | { kind: "set-operation"; name: "union" | "intersection" | "difference"; parts: readonly Expression[] }
  | { kind: "named-set"; name: "N" | "Z" | "Q" | "R" | "C" | "P" | "empty" }
  /** `{ x | condition }` */
  | { kind: "set-builder"; condition: Expression }
  | { kind: "matrix"; rows: readonly (readonly Expression[])[] }
  | { kind: "text"; text: string };

export type ExpressionOf<Kind extends Expression["kind"]> = Extract<Expression, { kind: Kind }>;

/**
 * Thrown where a text cannot be read, or reading or comparing it would take more work than is granted; caught by whoever
 * asked. One for all, since most of an error's cost is its stack trace, and alternatives fail often.
 */
export const unreadable: Error = new Error("internal: an unreadable text was not caught");

/** What one grading may cost, in steps; shared by all that works on it. */
export interface WorkBudget {
  steps: number;
}

/** Takes steps from the budget; throws `unreadable` when none is left. */
export function spend(budget: WorkBudget, steps: number): void {
  budget.steps -= steps;
  if (budget.steps < 0) {
    throw unreadable;
  }
}

/** The names of the free symbols of an expression, without repetition. */
export function freeSymbols(expression: Expression, found: Set<string> = new Set()): Set<string> {
  if (expression.kind === "symbol") {
    found.add(expression.name);
  } else if (expression.kind === "binder") {
    const inside = freeSymbols(expression.body);
    inside.delete(expression.variable);
    for (const name of inside) {
      found.add(name);
    }
    for (const bound of [expression.from, expression.to]) {
      if (bound) {
        freeSymbols(bound, found);
      }
    }
  } else {
    for (const child of children(expression)) {
      freeSymbols(child, found);
    }
  }
  return found;
}

export function children(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "number":
    case "symbol":
    case "constant":
    case "text":
    case "named-set":
      return [];
    case "sum":
      return expression.terms;
    case "product":
      return expression.factors;
    case "power":
      return [expression.base, expression.exponent];
    case "call":
      return expression.arguments;
    case "binder":
      return [expression.body, ...[expression.from, expression.to].filter((bound) => bound !== undefined)];
    case "percent":
    case "quantity":
      return [expression.value];
    case "relation":
      return expression.operands;
    case "connected":
    case "set-operation":
      return expression.parts;
    case "sequence":
      return expression.members;
    case "interval":
      return [expression.start, expression.end];
    case "plus-minus":
      return expression.left ? [expression.left, expression.right] : [expression.right];
    case "set-builder":
      return [expression.condition];
    case "matrix":
      return expression.rows.flat();
  }
}

/** The same expression with every part replaced, innermost first. */
export function mapExpression(expression: Expression, change: (part: Expression) => Expression): Expression {
  const inside = (part: Expression) => mapExpression(part, change);
  switch (expression.kind) {
    case "number":
    case "symbol":
    case "constant":
    case "text":
    case "named-set":
      return change(expression);
    case "sum":
      return change({ ...expression, terms: expression.terms.map(inside) });
    case "product":
      return change({ ...expression, factors: expression.factors.map(inside) });
    case "power":
      return change({ ...expression, base: inside(expression.base), exponent: inside(expression.exponent) });
    case "call":
      return change({ ...expression, arguments: expression.arguments.map(inside) });
    case "binder":
      return change({
        ...expression,
        body: inside(expression.body),
        ...(expression.from && { from: inside(expression.from) }),
        ...(expression.to && { to: inside(expression.to) }),
      });
    case "percent":
    case "quantity":
      return change({ ...expression, value: inside(expression.value) });
    case "relation":
      return change({ ...expression, operands: expression.operands.map(inside) });
    case "connected":
    case "set-operation":
      return change({ ...expression, parts: expression.parts.map(inside) });
    case "sequence":
      return change({ ...expression, members: expression.members.map(inside) });
    case "interval":
      return change({ ...expression, start: inside(expression.start), end: inside(expression.end) });
    case "plus-minus":
      return change({
        ...expression,
        right: inside(expression.right),
        ...(expression.left && { left: inside(expression.left) }),
      });
    case "set-builder":
      return change({ ...expression, condition: inside(expression.condition) });
    case "matrix":
      return change({ ...expression, rows: expression.rows.map((row) => row.map(inside)) });
  }
}
