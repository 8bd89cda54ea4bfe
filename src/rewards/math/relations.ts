import { type Expression, type ExpressionOf, freeSymbols } from "./expression.ts";
import { unknownFunction } from "./functions.ts";

/** A relation read as a value that has a name: `x = 5`, `f(x) = 2x`, `y = 1 + 2 = 3`, `x \in S`. */
export interface Assignment {
  name: Expression;
  /** The value; where an approximation is given beside it, either will do. */
  values: readonly Expression[];
}

/** Reads a relation as an assignment, or as a computation such as `3 + 4 = 7`, whose name says nothing. */
export function asAssignment(relation: ExpressionOf<"relation">): Assignment | undefined {
  const { operators, operands } = relation;
  const [name] = operands;
  if (!name) {
    return undefined;
  }
  if (operators.length === 0) {
    return { name, values: [name] };
  }
  if (operators.some((operator) => operator !== "=" && operator !== "approx" && operator !== "in")) {
    return undefined;
  }
  const named = isName(name) || (freeSymbols(name).size === 0 && operators[0] !== "in");
  if (!named) {
    return operators[0] === "approx" ? { name, values: operands } : undefined;
  }
  const last = operands.at(-1) as Expression;
  const values = [last];
  const lastEqual = operators.findLastIndex((operator) => operator !== "approx");
  const exact = operands[lastEqual + 1];
  if (exact && exact !== last && (lastEqual >= 0 || !isName(name))) {
    values.unshift(exact);
  }
  return { name, values };
}

/** Whether the left side of an equation only names what is asked for: letters, their products and sums, words. */
export function isName(expression: Expression): boolean {
  switch (expression.kind) {
    case "symbol":
    case "text":
      return true;
    case "constant":
      return expression.name !== "pi" && expression.name !== "infinity";
    case "product":
      return expression.factors.every(isName);
    case "power":
      return (
        isName(expression.base) &&
        expression.exponent.kind === "number" &&
        expression.exponent.value.numerator === -1n
      );
    case "sum":
      return expression.terms.length > 1 && expression.terms.every(isName);
    case "call":
      return (
        expression.name.startsWith(unknownFunction) ||
        (expression.name === "abs" &&
          expression.arguments.every((argument) => argument.kind === "product" && isName(argument)))
      );
    case "sequence":
      return (
        expression.open !== "" &&
        expression.members.every((member) => isName(member) || member.kind === "number")
      );
    default:
      return false;
  }
}

export function isInequality(expression: Expression): boolean {
  return (
    expression.kind === "relation" &&
    expression.operators.some((operator) => ["<", "<=", ">", ">=", "!="].includes(operator))
  );
}
