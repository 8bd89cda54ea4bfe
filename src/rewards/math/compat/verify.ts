import { canonicalText } from "../canonical-text.ts";
import { type Comparison, constantRatio, equalValues } from "../equal-values.ts";
import { evaluate } from "../evaluate.ts";
import {
  children,
  type Expression,
  type ExpressionOf,
  freeSymbols,
  mapExpression,
  spend,
  unreadable,
} from "../expression.ts";
import { unknownFunction } from "../functions.ts";
import { reduceMatrices, sameShape } from "../matrices.ts";
import { equalRegions, toRegion } from "../region.ts";
import { product } from "../tree.ts";
import { equalNumbers, equalSymbols, exactly } from "./equal-numbers.ts";
import { onlySymbols } from "./grammar.ts";

export interface VerifyOptions extends Comparison {
  compareSetsWithRelations: boolean;
}

const mostMembers = 60;

/** Whether any of the target's readings is equal to any of the gold's, by math-verify's `verify`. Not symmetric. */
export function verify(
  gold: readonly (Expression | string)[],
  target: readonly (Expression | string)[],
  options: VerifyOptions,
): boolean {
  return gold.some((left) => target.some((right) => equalReadings(left, right, options)));
}

function equalReadings(
  gold: Expression | string,
  target: Expression | string,
  options: VerifyOptions,
): boolean {
  if (typeof gold === "string" || typeof target === "string") {
    return typeof gold === typeof target && gold === target && (gold as string).trim() !== "";
  }
  try {
    return equal(reduceMatrices(gold, options.budget), reduceMatrices(target, options.budget), options, true);
  } catch (error) {
    if (error === unreadable) {
      return false;
    }
    throw error;
  }
}

function equal(gold: Expression, target: Expression, options: VerifyOptions, outermost = false): boolean {
  spend(options.budget, 5);
  let left = gold;
  let right = outermost && !options.strict ? renamed(gold, target) : target;
  if (isUndefined(left)) {
    throw unreadable;
  }
  const leftAssigns = isAssignment(left);
  const rightAssigns = isAssignment(right);
  const leftEquates = isEquation(left);
  const rightEquates = isEquation(right);
  left = leftAssigns ? endsOf(left) : left;
  right = rightAssigns ? endsOf(right) : right;
  if (rightEquates && !leftEquates) {
    right = lastSide(right);
  } else if (leftAssigns && !rightEquates) {
    left = lastSide(left);
  }
  if (left.kind === "relation" && isSet(right)) {
    left = asSet(left, options) ?? left;
  }
  if (outermost && options.compareSetsWithRelations && right.kind === "relation" && isSet(left)) {
    right = asSet(right, options) ?? right;
  }
  if (canonicalText(left) === canonicalText(right) && !isUndefined(right)) {
    return true;
  }
  if (left.kind === "relation" && right.kind === "relation") {
    return equalRelations(left, right, options);
  }
  if (isSet(left) || isTuple(left) || isSet(right) || isTuple(right)) {
    return equalSets(left, right, options);
  }
  if (left.kind === "symbol" || right.kind === "symbol") {
    return equalSymbols(left, right);
  }
  if (left.kind === "relation" || right.kind === "relation") {
    return false;
  }
  if (left.kind === "matrix" || right.kind === "matrix") {
    return (
      left.kind === "matrix" &&
      right.kind === "matrix" &&
      sameShape(left, right) &&
      inOrder(
        left.rows.flat(),
        right.rows.flat(),
        (a, b) => equalNumbers(a, b, options) || equalValues(exactly(a), exactly(b), options),
      )
    );
  }
  return equalNumbers(left, right, options) || equalValues(exactly(left), exactly(right), options);
}

function renamed(gold: Expression, target: Expression): Expression {
  const goldNames = [...freeSymbols(gold)];
  const targetNames = [...freeSymbols(target)];
  if (goldNames.length !== targetNames.length) {
    return target;
  }
  const names = new Map(targetNames.map((name, index) => [name, goldNames[index] ?? name]));
  return mapExpression(target, (part) =>
    part.kind === "symbol" ? { ...part, name: names.get(part.name) ?? part.name } : part,
  );
}

function isUndefined(value: Expression): boolean {
  return (
    value.kind === "product" &&
    value.factors.some(
      (factor) => factor.kind === "power" && isZero(factor.base) && isMinusOne(factor.exponent),
    )
  );
}

function isZero(value: Expression): boolean {
  return value.kind === "number" && value.value.numerator === 0n;
}

function isMinusOne(value: Expression): boolean {
  return value.kind === "number" && value.value.numerator === -1n && value.value.denominator === 1n;
}

function isEquation(value: Expression): boolean {
  return value.kind === "relation" && value.operators.every((operator) => operator === "=");
}

function isAssignment(value: Expression): value is ExpressionOf<"relation"> {
  return isEquation(value) && value.kind === "relation" && onlySymbols(value.operands[0] as Expression);
}

function endsOf(value: Expression): Expression {
  if (value.kind !== "relation") {
    return value;
  }
  return { kind: "relation", operators: ["="], operands: [value.operands[0]!, value.operands.at(-1)!] };
}

function lastSide(value: Expression): Expression {
  return value.kind === "relation" ? (value.operands.at(-1) as Expression) : value;
}

function isSet(value: Expression): boolean {
  return (
    value.kind === "named-set" ||
    value.kind === "set-operation" ||
    (value.kind === "interval" && !isTuple(value)) ||
    (value.kind === "sequence" && value.open === "{")
  );
}

/** An interval whose ends are the wrong way round is a pair. */
function isTuple(value: Expression): boolean {
  if (value.kind === "interval") {
    const start = exactOrReal(value.start);
    const end = exactOrReal(value.end);
    const open = value.startOpen && value.endOpen;
    const closed = !value.startOpen && !value.endOpen;
    return start !== undefined && end !== undefined && ((open && end <= start) || (closed && end < start));
  }
  return value.kind === "sequence" && value.open === "(";
}

function exactOrReal(value: Expression): number | undefined {
  if (freeSymbols(value).size > 0) {
    return undefined;
  }
  const result = evaluate(value, { values: new Map(), budget: { steps: 2000 }, approximate: false });
  return result.im === 0 && !Number.isNaN(result.re) ? result.re : undefined;
}

/** A relation in one variable as the set of what fulfils it; calls of functions count as variables. */
function asSet(relation: ExpressionOf<"relation">, options: VerifyOptions): Expression | undefined {
  const unwrapped = mapExpression(relation, (part) =>
    part.kind === "call" && part.name.startsWith(unknownFunction)
      ? { kind: "symbol", name: canonicalText(part) }
      : part,
  );
  return toRegion(unwrapped, options) ? { kind: "set-builder", condition: unwrapped } : undefined;
}

function equalRelations(
  gold: ExpressionOf<"relation">,
  target: ExpressionOf<"relation">,
  options: VerifyOptions,
): boolean {
  if (gold.operators.length !== target.operators.length) {
    return false;
  }
  return gold.operators.every((_, index) => equalRelation(oneOf(gold, index), oneOf(target, index), options));
}

function oneOf(relation: ExpressionOf<"relation">, index: number): ExpressionOf<"relation"> {
  return {
    kind: "relation",
    operators: [relation.operators[index]!],
    operands: [relation.operands[index]!, relation.operands[index + 1]!],
  };
}

const inverses: Readonly<Record<string, string>> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=" };

function equalRelation(
  gold: ExpressionOf<"relation">,
  target: ExpressionOf<"relation">,
  options: VerifyOptions,
): boolean {
  const [goldOperator = "="] = gold.operators;
  const [targetOperator = "="] = target.operators;
  const [a, b] = gold.operands as [Expression, Expression];
  const [c, d] = target.operands as [Expression, Expression];
  const algebraic = [a, b, c, d].every((side) => !isSet(side) && !isTuple(side));
  if (!algebraic) {
    return (
      goldOperator === targetOperator &&
      canonicalText(a) === canonicalText(c) &&
      canonicalText(b) === canonicalText(d)
    );
  }
  if (goldOperator === targetOperator && equal(difference(a, b), difference(c, d), options)) {
    return true;
  }
  const inverse = inverses[goldOperator];
  if (inverse === undefined) {
    return false;
  }
  if (inverse === targetOperator && equal(difference(a, b), difference(d, c), options)) {
    return true;
  }
  return (
    goldOperator === "=" &&
    targetOperator === "=" &&
    isSolvedForSymbol(a, b) &&
    isSolvedForSymbol(c, d) &&
    constantRatio(difference(a, b), difference(c, d), options) !== undefined
  );
}

/**
 * math-verify solves both equations and compares what it solved them for, which fails for an equation in one symbol, whose
 * solutions are bare numbers, and for calls of unknown functions, which sympy does not solve.
 */
function isSolvedForSymbol(left: Expression, right: Expression): boolean {
  return freeSymbols(difference(left, right)).size > 1 && !callsUnknown(left) && !callsUnknown(right);
}

function callsUnknown(expression: Expression): boolean {
  return (
    (expression.kind === "call" && expression.name.startsWith(unknownFunction)) ||
    children(expression).some(callsUnknown)
  );
}

function difference(left: Expression, right: Expression): Expression {
  return { kind: "sum", terms: [left, product(minusOne, right)] };
}

const minusOne: Expression = { kind: "number", value: { numerator: -1n, denominator: 1n }, decimal: false };

function equalSets(gold: Expression, target: Expression, options: VerifyOptions): boolean {
  if (gold.kind === "interval" && target.kind === "interval" && !isTuple(gold) && !isTuple(target)) {
    return (
      gold.startOpen === target.startOpen &&
      gold.endOpen === target.endOpen &&
      equal(gold.start, target.start, options) &&
      equal(gold.end, target.end, options)
    );
  }
  const goldRegion = isTuple(gold) ? undefined : regionOf(gold, options);
  const targetRegion = goldRegion && !isTuple(target) ? regionOf(target, options) : undefined;
  if (goldRegion && targetRegion && equalRegions(goldRegion, targetRegion)) {
    return true;
  }
  const goldMembers = membersOf(gold);
  const targetMembers = membersOf(target);
  if (!goldMembers || !targetMembers) {
    return equalPieces(gold, target, options);
  }
  const bothIntervals = gold.kind === "interval" && target.kind === "interval";
  const openPair = (value: Expression) =>
    value.kind !== "interval" || isTuple(value) || (value.startOpen && value.endOpen && !bothIntervals);
  if (!openPair(gold) || !openPair(target)) {
    return false;
  }
  const unordered = gold.kind !== "interval" && !isTuple(gold);
  const left = unordered ? distinct(goldMembers) : goldMembers;
  const right = isTuple(target) || target.kind === "interval" ? targetMembers : distinct(targetMembers);
  if (left.length !== right.length) {
    return false;
  }
  return unordered || (!isTuple(gold) && gold.kind !== "interval")
    ? inAnyOrder(left, right, options)
    : inOrder(left, right, (a, b) => equal(a, b, options));
}

/** Unions with symbols in their ends: piece by piece. */
function equalPieces(gold: Expression, target: Expression, options: VerifyOptions): boolean {
  return (
    gold.kind === "set-operation" &&
    target.kind === "set-operation" &&
    gold.name === target.name &&
    gold.name !== "difference" &&
    inAnyOrder(gold.parts, target.parts, options)
  );
}

function regionOf(value: Expression, options: VerifyOptions) {
  return isSet(value) || value.kind === "set-builder" ? toRegion(value, options) : undefined;
}

function membersOf(value: Expression): readonly Expression[] | undefined {
  switch (value.kind) {
    case "sequence":
      return value.members;
    case "interval":
      return [value.start, value.end];
    case "named-set":
    case "set-operation":
    case "set-builder":
      return undefined;
    default:
      return [value];
  }
}

function distinct(members: readonly Expression[]): Expression[] {
  return [...new Map(members.map((member) => [canonicalText(member), member])).values()];
}

function inOrder(
  gold: readonly Expression[],
  target: readonly Expression[],
  same: (a: Expression, b: Expression) => boolean,
): boolean {
  return (
    gold.length === target.length && gold.every((member, index) => same(member, target[index] as Expression))
  );
}

function inAnyOrder(
  gold: readonly Expression[],
  target: readonly Expression[],
  options: VerifyOptions,
): boolean {
  if (gold.length !== target.length || gold.length > mostMembers) {
    return false;
  }
  const left = [...target];
  return gold.every((member) => {
    const index = left.findIndex((candidate) => equal(member, candidate, options));
    if (index >= 0) {
      left.splice(index, 1);
    }
    return index >= 0;
  });
}
