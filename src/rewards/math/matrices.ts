import { exactValue } from "./exact-value.ts";
import { type Expression, type ExpressionOf, mapExpression, spend, type WorkBudget } from "./expression.ts";
import { integer } from "./rational.ts";
import { negated, product } from "./tree.ts";

type Matrix = ExpressionOf<"matrix">;

/** Carries out sums, products, powers and determinants of matrices; what does not fit together stays as it is. */
export function reduceMatrices(expression: Expression, budget: WorkBudget): Expression {
  return mapExpression(expression, (part) => {
    switch (part.kind) {
      case "sum":
        return addMatrices(part);
      case "product":
        return multiplyMatrices(part, budget);
      case "power":
        return powerOfMatrix(part, budget);
      case "call":
        return part.name === "det" || part.name === "abs" ? determinantOf(part, budget) : part;
      default:
        return part;
    }
  });
}

function addMatrices(expression: ExpressionOf<"sum">): Expression {
  const [first] = expression.terms;
  if (first?.kind !== "matrix") {
    return expression;
  }
  const matrices = expression.terms.filter((term) => term.kind === "matrix");
  const fits = matrices.every((matrix) => sameShape(matrix, first));
  if (matrices.length !== expression.terms.length || !fits) {
    return expression;
  }
  return elementwise(first, (_, row, column) => ({
    kind: "sum",
    terms: matrices.map((matrix) => matrix.rows[row]?.[column] as Expression),
  }));
}

function multiplyMatrices(expression: ExpressionOf<"product">, budget: WorkBudget): Expression {
  const matrices = expression.factors.filter((factor) => factor.kind === "matrix");
  if (matrices.length === 0) {
    return expression;
  }
  const scalars = expression.factors.filter((factor) => factor.kind !== "matrix");
  let total = matrices[0] as Matrix;
  for (const matrix of matrices.slice(1)) {
    const next = multiplied(total, matrix, budget);
    if (!next) {
      return expression;
    }
    total = next;
  }
  return scalars.length === 0
    ? total
    : elementwise(total, (element) => ({ kind: "product", factors: [...scalars, element] }));
}

function powerOfMatrix(expression: ExpressionOf<"power">, budget: WorkBudget): Expression {
  const { base } = expression;
  if (base.kind !== "matrix") {
    return expression;
  }
  if (expression.exponent.kind === "symbol" && expression.exponent.name === "T") {
    const columns = base.rows[0]?.length ?? 0;
    return {
      kind: "matrix",
      rows: Array.from({ length: columns }, (_, column) => base.rows.map((row) => row[column] as Expression)),
    };
  }
  const exponent = exactValue(expression.exponent);
  if (exponent?.denominator !== 1n || exponent.numerator < 1n || exponent.numerator > 4n) {
    return expression;
  }
  let total: Matrix | undefined = base;
  for (let step = 1n; step < exponent.numerator && total; step++) {
    total = multiplied(total, base, budget);
  }
  return total ?? expression;
}

function multiplied(left: Matrix, right: Matrix, budget: WorkBudget): Matrix | undefined {
  const inner = right.rows.length;
  const columns = right.rows[0]?.length ?? 0;
  if (left.rows[0]?.length !== inner) {
    return undefined;
  }
  spend(budget, left.rows.length * inner * columns);
  return {
    kind: "matrix",
    rows: left.rows.map((row) =>
      Array.from({ length: columns }, (_, column) => ({
        kind: "sum" as const,
        terms: row.map((element, index) => product(element, right.rows[index]?.[column] as Expression)),
      })),
    ),
  };
}

function determinantOf(expression: ExpressionOf<"call">, budget: WorkBudget): Expression {
  const [matrix] = expression.arguments;
  if (matrix?.kind !== "matrix" || matrix.rows.length !== matrix.rows[0]?.length || matrix.rows.length > 5) {
    return expression;
  }
  return determinant(matrix.rows, budget);
}

function determinant(rows: readonly (readonly Expression[])[], budget: WorkBudget): Expression {
  spend(budget, rows.length);
  const [first = [], ...rest] = rows;
  if (rest.length === 0) {
    return first[0] ?? { kind: "number", value: integer(0), decimal: false };
  }
  return {
    kind: "sum",
    terms: first.map((element, column) => {
      const minor = determinant(
        rest.map((row) => row.filter((_, index) => index !== column)),
        budget,
      );
      const term = product(element, minor);
      return column % 2 === 0 ? term : negated(term);
    }),
  };
}

function elementwise(
  matrix: Matrix,
  change: (element: Expression, row: number, column: number) => Expression,
): Matrix {
  return {
    kind: "matrix",
    rows: matrix.rows.map((row, rowIndex) =>
      row.map((element, columnIndex) => change(element, rowIndex, columnIndex)),
    ),
  };
}

export function sameShape(a: Matrix, b: Matrix): boolean {
  return a.rows.length === b.rows.length && a.rows[0]?.length === b.rows[0]?.length;
}
