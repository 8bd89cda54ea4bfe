import { children, type Expression, type ExpressionOf, mapExpression } from "./expression.ts";
import { product } from "./tree.ts";

export function only(expression: Expression): ExpressionOf<"sequence"> {
  return { kind: "sequence", open: "", close: "", members: [expression] };
}

/** The values of what is written side by side, with a plus-minus written out. */
export function asSequence(expression: Expression): ExpressionOf<"sequence"> | undefined {
  if (expression.kind === "sequence") {
    return {
      ...expression,
      members: expression.members.flatMap((member) => bothSigns(member) ?? [member]),
    };
  }
  const signs = bothSigns(expression);
  return signs && { kind: "sequence", open: "", close: "", members: signs };
}

export function bothSigns(expression: Expression): readonly Expression[] | undefined {
  if (!contains(expression, "plus-minus")) {
    return undefined;
  }
  return [false, true].map((minus) =>
    mapExpression(expression, (part) => {
      if (part.kind !== "plus-minus") {
        return part;
      }
      const right = minus === part.minusFirst ? part.right : product(minusOne, part.right);
      return part.left ? { kind: "sum", terms: [part.left, right] } : right;
    }),
  );
}

export const minusOne: Expression = {
  kind: "number",
  value: { numerator: -1n, denominator: 1n },
  decimal: false,
};

function contains(expression: Expression, kind: Expression["kind"]): boolean {
  return expression.kind === kind || children(expression).some((child) => contains(child, kind));
}

/** The elements of a column or row as a tuple's members; a tuple's own members. */
export function vectorOf(sequence: ExpressionOf<"sequence">): readonly Expression[] | undefined {
  const [matrix] = sequence.members;
  if (sequence.open === "" && sequence.members.length === 1 && matrix?.kind === "matrix") {
    return matrix.rows.every((row) => row.length === 1)
      ? matrix.rows.flat()
      : matrix.rows.length === 1
        ? matrix.rows[0]
        : undefined;
  }
  return isOrdered(sequence) && sequence.open === sequence.open.replace("[", "")
    ? sequence.members
    : undefined;
}

export function isOrdered(sequence: ExpressionOf<"sequence">): boolean {
  return sequence.open === "(" || sequence.open === "[" || sequence.open === "<";
}

export function pair(close: string): string {
  return close === ")" ? "(" : close === "]" ? "[" : close;
}
