import * as complex from "./complex.ts";
import type { Comparison } from "./equal-values.ts";
import { evaluate } from "./evaluate.ts";
import { type Expression, type ExpressionOf, freeSymbols, type RelationOperator } from "./expression.ts";
import { isName } from "./relations.ts";

/** A set of real numbers as pieces in order that do not touch. Infinite ends are open unless the text says otherwise. */
export type Region = readonly Piece[];

interface Piece {
  start: number;
  startOpen: boolean;
  end: number;
  endOpen: boolean;
}

const mostPieces = 100;

/** The real numbers that an interval, a union, an inequality in one variable or a condition describes; else undefined. */
export function toRegion(expression: Expression, comparison: Comparison): Region | undefined {
  switch (expression.kind) {
    case "sequence":
      return expression.open === "{" || expression.open === ""
        ? pointsOf(expression, comparison)
        : intervalOf(expression, comparison);
    case "interval":
      return boundedRegion(
        expression.start,
        expression.startOpen,
        expression.end,
        expression.endOpen,
        comparison,
      );
    case "named-set":
      return expression.name === "R" ? everything : expression.name === "empty" ? [] : undefined;
    case "set-operation":
      return combine(expression.parts, expression.name, comparison);
    case "connected":
      return combine(expression.parts, expression.connective === "or" ? "union" : "intersection", comparison);
    case "set-builder":
      return toRegion(expression.condition, comparison);
    case "relation":
      return relationRegion(expression, comparison);
    default:
      return undefined;
  }
}

export function equalRegions(a: Region, b: Region): boolean {
  return (
    a.length === b.length &&
    a.every((piece, index) => {
      const other = b[index] as Piece;
      return (
        piece.startOpen === other.startOpen &&
        piece.endOpen === other.endOpen &&
        sameEnd(piece.start, other.start) &&
        sameEnd(piece.end, other.end)
      );
    })
  );
}

const everything: Region = [
  { start: Number.NEGATIVE_INFINITY, startOpen: true, end: Number.POSITIVE_INFINITY, endOpen: true },
];

function sameEnd(a: number, b: number): boolean {
  if (!Number.isFinite(a) || !Number.isFinite(b)) {
    return a === b;
  }
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b)) + 1e-13;
}

function realConstant(expression: Expression, comparison: Comparison): number | undefined {
  if (freeSymbols(expression).size > 0) {
    return undefined;
  }
  const value = evaluate(expression, { values: new Map(), budget: comparison.budget, approximate: false });
  return Number.isNaN(value.re) || (value.im !== 0 && !Number.isNaN(value.im)) ? undefined : value.re;
}

function pointsOf(expression: ExpressionOf<"sequence">, comparison: Comparison): Region | undefined {
  if (expression.open !== "{") {
    return undefined;
  }
  const values = expression.members.map((member) => realConstant(member, comparison));
  return values.every((value) => value !== undefined)
    ? union(values.map((value) => ({ start: value, startOpen: false, end: value, endOpen: false })))
    : undefined;
}

function intervalOf(expression: ExpressionOf<"sequence">, comparison: Comparison): Region | undefined {
  const [first, second] = expression.members;
  if (!first || !second || expression.members.length !== 2 || expression.open === "<") {
    return undefined;
  }
  return boundedRegion(first, expression.open === "(", second, expression.close === ")", comparison);
}

function boundedRegion(
  from: Expression,
  startOpen: boolean,
  to: Expression,
  endOpen: boolean,
  comparison: Comparison,
): Region | undefined {
  const start = realConstant(from, comparison);
  const end = realConstant(to, comparison);
  return start === undefined || end === undefined || start >= end
    ? undefined
    : [{ start, startOpen, end, endOpen }];
}

function combine(
  parts: readonly Expression[],
  name: "union" | "intersection" | "difference",
  comparison: Comparison,
): Region | undefined {
  const regions = parts.map((part) => toRegion(part, comparison));
  const [first, ...rest] = regions;
  if (!first || regions.some((region) => region === undefined)) {
    return undefined;
  }
  const others = rest as Region[];
  if (name === "union") {
    return union([first, ...others].flat());
  }
  return others.reduce(
    (total, region) => intersection(total, name === "difference" ? complement(region) : region),
    first,
  );
}

function union(pieces: readonly Piece[]): Region {
  const ordered = [...pieces]
    .slice(0, mostPieces)
    .sort((a, b) => a.start - b.start || Number(a.startOpen) - Number(b.startOpen));
  const merged: Piece[] = [];
  for (const piece of ordered) {
    const last = merged.at(-1);
    const touches =
      last && (piece.start < last.end || (piece.start === last.end && !(piece.startOpen && last.endOpen)));
    if (!last || !touches) {
      merged.push({ ...piece });
    } else if (piece.end > last.end || (piece.end === last.end && !piece.endOpen)) {
      last.end = piece.end;
      last.endOpen = piece.endOpen;
    }
  }
  return merged;
}

function intersection(a: Region, b: Region): Region {
  const pieces = a.flatMap((left) =>
    b.map((right) => {
      const later = left.start > right.start || (left.start === right.start && left.startOpen) ? left : right;
      const earlier = left.end < right.end || (left.end === right.end && left.endOpen) ? left : right;
      return {
        start: later.start,
        startOpen: later.startOpen,
        end: earlier.end,
        endOpen: earlier.endOpen,
      };
    }),
  );
  return union(
    pieces.filter(
      ({ start, end, startOpen, endOpen }) => start < end || (start === end && !startOpen && !endOpen),
    ),
  );
}

function complement(region: Region): Region {
  const pieces: Piece[] = [];
  let start = Number.NEGATIVE_INFINITY;
  let startOpen = true;
  for (const piece of region) {
    if (piece.start > start || (piece.start === start && !startOpen && piece.startOpen)) {
      pieces.push({ start, startOpen, end: piece.start, endOpen: !piece.startOpen });
    }
    start = piece.end;
    startOpen = !piece.endOpen;
  }
  if (start < Number.POSITIVE_INFINITY) {
    pieces.push({ start, startOpen, end: Number.POSITIVE_INFINITY, endOpen: true });
  }
  return pieces;
}

function relationRegion(expression: ExpressionOf<"relation">, comparison: Comparison): Region | undefined {
  const { operators } = expression;
  const operands = withOneVariable(expression.operands);
  const [set] = operands.slice(-1);
  if (operators.length === 1 && operators[0] === "in" && set) {
    return toRegion(set, comparison);
  }
  const absolute = operands.find((operand) => operand.kind === "call" && operand.name === "abs");
  const [inside] = absolute?.kind === "call" ? absolute.arguments : [];
  if (absolute && inside?.kind === "symbol") {
    const unsigned = operands.map((operand) => (operand === absolute ? inside : operand));
    const region = toRegion({ ...expression, operands: unsigned }, comparison);
    return region && mirrored(region);
  }
  const symbols = new Set(operands.flatMap((operand) => [...freeSymbols(operand)]));
  const [variable] = symbols;
  if (symbols.size !== 1 || variable === undefined || operators.length > 4) {
    return undefined;
  }
  let total: Region | undefined;
  for (const [index, operator] of operators.entries()) {
    const part = linearRegion(operands[index]!, operator, operands[index + 1]!, variable, comparison);
    if (!part) {
      return undefined;
    }
    total = total ? intersection(total, part) : part;
  }
  return total;
}

/** Where the absolute value lies in the region. */
function mirrored(region: Region): Region {
  const right = intersection(region, [{ ...everything[0]!, start: 0, startOpen: false }]);
  const left = right.map(({ start, startOpen, end, endOpen }) => ({
    start: -end,
    startOpen: endOpen,
    end: -start,
    endOpen: startOpen,
  }));
  return union([...left, ...right]);
}

/** `f(x)` between bounds is a variable like any other. */
function withOneVariable(operands: readonly Expression[]): readonly Expression[] {
  const varying = operands.filter((operand) => freeSymbols(operand).size > 0);
  const [only] = varying;
  if (varying.length !== 1 || (only?.kind !== "product" && only?.kind !== "call") || !isName(only)) {
    return operands;
  }
  return operands.map((operand) => (operand === only ? { kind: "symbol", name: "value" } : operand));
}

/** Where `left operator right` holds, if one side is a multiple of the variable more than the other. */
function linearRegion(
  left: Expression,
  operator: RelationOperator,
  right: Expression,
  variable: string,
  comparison: Comparison,
): Region | undefined {
  const difference = (at: number): number => {
    const point = {
      values: new Map([[variable, complex.real(at)]]),
      budget: comparison.budget,
      approximate: false,
    };
    const a = evaluate(left, point);
    const b = evaluate(right, point);
    return a.im === 0 && b.im === 0 ? a.re - b.re : Number.NaN;
  };
  if (
    operator === "=" ||
    operator === "approx" ||
    operator === "notin" ||
    operator === "subset" ||
    operator === "in"
  ) {
    return undefined;
  }
  const [d0, d1, d2] = [difference(0), difference(1), difference(3)];
  if (Math.abs(d0) === Number.POSITIVE_INFINITY && d0 === d1) {
    const closed = operator === "<=" || operator === ">=";
    const holds = operator.startsWith("<") ? d0 < 0 : d0 > 0;
    const toRight = operator.startsWith("<") === freeSymbols(left).has(variable);
    if (!holds) {
      return [];
    }
    return [{ ...everything[0]!, ...(closed && (toRight ? { endOpen: false } : { startOpen: false })) }];
  }
  const slope = d1 - d0;
  if (
    !Number.isFinite(slope) ||
    Math.abs(slope) < 1e-12 ||
    Math.abs(d2 - d0 - 3 * slope) > 1e-9 * (1 + Math.abs(d2))
  ) {
    return undefined;
  }
  const bound = -d0 / slope;
  const clean = Math.abs(bound) < 1e-12 ? 0 : bound;
  if (operator === "!=") {
    return complement([{ start: clean, startOpen: false, end: clean, endOpen: false }]);
  }
  const open = operator === "<" || operator === ">";
  const below = (operator === "<" || operator === "<=") === slope > 0;
  return below
    ? [{ start: Number.NEGATIVE_INFINITY, startOpen: true, end: clean, endOpen: open }]
    : [{ start: clean, startOpen: open, end: Number.POSITIVE_INFINITY, endOpen: true }];
}
