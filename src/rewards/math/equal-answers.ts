import { canonicalText } from "./canonical-text.ts";
import { type Comparison, constantRatio, equalValues } from "./equal-values.ts";
import {
  type Expression,
  type ExpressionOf,
  freeSymbols,
  type RelationOperator,
  spend,
} from "./expression.ts";
import { unknownFunction } from "./functions.ts";
import { sameShape } from "./matrices.ts";
import { equalRegions, toRegion } from "./region.ts";
import { asAssignment, isInequality } from "./relations.ts";
import { asSequence, bothSigns, isOrdered, minusOne, only, pair, vectorOf } from "./sequences.ts";
import { product } from "./tree.ts";
import { unitOf } from "./units.ts";

const mostMembers = 60;

/** Whether an answer says the same as the gold answer, as a careful reader would take both. */
export function equalAnswers(gold: Expression, answer: Expression, comparison: Comparison): boolean {
  spend(comparison.budget, 5);
  if (gold.kind === "text" || answer.kind === "text") {
    return gold.kind === "text" && answer.kind === "text" && sameWords(gold.text, answer.text);
  }
  if (gold.kind === "quantity" || answer.kind === "quantity") {
    return equalQuantities(gold, answer, comparison);
  }
  if (
    gold.kind === "relation" ||
    answer.kind === "relation" ||
    gold.kind === "connected" ||
    answer.kind === "connected"
  ) {
    return equalRelations(gold, answer, comparison);
  }
  if (isSetLike(gold) || isSetLike(answer)) {
    return equalSets(gold, answer, comparison);
  }
  if (gold.kind === "matrix" && answer.kind === "matrix") {
    return (
      sameShape(gold, answer) &&
      gold.rows.every((row, index) => equalInOrder(row, answer.rows[index] ?? [], comparison))
    );
  }
  const goldSequence = asSequence(pointOf(gold) ?? gold);
  const answerSequence = asSequence(pointOf(answer) ?? answer);
  if ((goldSequence || answerSequence) && !(pointOf(gold) && pointOf(answer))) {
    return equalSequences(goldSequence ?? only(gold), answerSequence ?? only(answer), comparison);
  }
  if (gold.kind === "number" && answer.kind === "number" && gold.subscript !== answer.subscript) {
    return equalInBases(gold, answer);
  }
  return equalValues(gold, answer, comparison);
}

function sameWords(a: string, b: string): boolean {
  const simple = (text: string) => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
  return simple(a) === simple(b);
}

/** The coordinates of `P(1, 2)`. */
function pointOf(expression: Expression): Expression | undefined {
  return expression.kind === "call" &&
    expression.name.startsWith(unknownFunction) &&
    expression.arguments.length > 1
    ? { kind: "sequence", open: "(", close: ")", members: expression.arguments }
    : undefined;
}

/** `1011_2` is 11; without a base on one side the digits are compared. */
function equalInBases(gold: ExpressionOf<"number">, answer: ExpressionOf<"number">): boolean {
  if (gold.subscript === undefined || answer.subscript === undefined) {
    return exactEqual(gold, answer);
  }
  return inBase(gold) !== undefined && inBase(gold) === inBase(answer);
}

function inBase(number: ExpressionOf<"number">): number | undefined {
  const base = Number(number.subscript);
  const digits = [...number.value.numerator.toString()].map(Number);
  if (
    !Number.isInteger(base) ||
    base < 2 ||
    base > 10 ||
    digits.some((digit) => !(digit < base)) ||
    digits.length > 40
  ) {
    return undefined;
  }
  return digits.reduce((total, digit) => total * base + digit, 0);
}

function exactEqual(a: ExpressionOf<"number">, b: ExpressionOf<"number">): boolean {
  return a.value.numerator === b.value.numerator && a.value.denominator === b.value.denominator;
}

function equalQuantities(gold: Expression, answer: Expression, comparison: Comparison): boolean {
  const goldUnit = gold.kind === "quantity" ? gold.unit : undefined;
  const answerUnit = answer.kind === "quantity" ? answer.unit : undefined;
  const goldValue = gold.kind === "quantity" ? gold.value : gold;
  const answerValue = answer.kind === "quantity" ? answer.value : answer;
  if (goldUnit !== undefined && answerUnit !== undefined) {
    const known = unitOf(goldUnit);
    const other = unitOf(answerUnit);
    if (known && other) {
      return (
        known.dimension === other.dimension &&
        equalValues(scaled(goldValue, known.scale), scaled(answerValue, other.scale), comparison)
      );
    }
  }
  return equalAnswers(goldValue, answerValue, comparison);
}

function scaled(value: Expression, scale: { numerator: bigint; denominator: bigint }): Expression {
  return product({ kind: "number", value: scale, decimal: false }, value);
}

function isSetLike(expression: Expression): boolean {
  return (
    expression.kind === "set-operation" ||
    expression.kind === "named-set" ||
    expression.kind === "set-builder"
  );
}

function equalSets(gold: Expression, answer: Expression, comparison: Comparison): boolean {
  const goldRegion = toRegion(gold, comparison);
  const answerRegion = toRegion(answer, comparison);
  if (goldRegion && answerRegion) {
    return equalRegions(goldRegion, answerRegion);
  }
  if (gold.kind === "set-operation" && answer.kind === "set-operation" && gold.name === answer.name) {
    return gold.name === "difference"
      ? equalInOrder(gold.parts, answer.parts, comparison)
      : equalInAnyOrder(gold.parts, answer.parts, comparison);
  }
  return canonicalText(gold) === canonicalText(answer);
}

function equalSequences(
  gold: ExpressionOf<"sequence">,
  answer: ExpressionOf<"sequence">,
  comparison: Comparison,
): boolean {
  const goldVector = vectorOf(gold);
  const answerVector = vectorOf(answer);
  if (goldVector && answerVector && (goldVector !== gold.members || answerVector !== answer.members)) {
    return equalInOrder(goldVector, answerVector, comparison);
  }
  const goldOrdered = isOrdered(gold);
  const answerOrdered = isOrdered(answer);
  if (goldOrdered && answerOrdered) {
    const goldBrackets = gold.open + gold.close;
    const answerBrackets = answer.open + answer.close;
    if (
      goldBrackets !== answerBrackets &&
      (mayBeInterval(gold, comparison) || mayBeInterval(answer, comparison))
    ) {
      return false;
    }
    return equalInOrder(gold.members, answer.members, comparison);
  }
  if (goldOrdered || answerOrdered) {
    const [ordered, list] = goldOrdered ? [gold, answer] : [answer, gold];
    if (list.members.length === 1 && list.open === "{") {
      return false;
    }
    if (list.members.length === 1 && list.members[0]?.kind === "matrix") {
      return false;
    }
    if (list.open === "{" && comparison.strict && list.members.length > 1) {
      return false;
    }
    return list.members.length === 1 && ordered.members.length > 1
      ? list.members[0]?.kind === "sequence" && equalAnswers(gold, answer.members[0] ?? answer, comparison)
      : equalInOrder(gold.members, answer.members, comparison);
  }
  return (
    equalInAnyOrder(gold.members, answer.members, comparison) ||
    equalInAnyOrder(distinct(gold.members, comparison), distinct(answer.members, comparison), comparison)
  );
}

function mayBeInterval(sequence: ExpressionOf<"sequence">, comparison: Comparison): boolean {
  return (
    sequence.open + sequence.close !== "<>" &&
    (toRegion(sequence, comparison) !== undefined || sequence.open !== pair(sequence.close))
  );
}

function equalInOrder(
  gold: readonly Expression[],
  answer: readonly Expression[],
  comparison: Comparison,
): boolean {
  return (
    gold.length === answer.length &&
    gold.every((member, index) => equalAnswers(member, answer[index] as Expression, comparison))
  );
}

function equalInAnyOrder(
  gold: readonly Expression[],
  answer: readonly Expression[],
  comparison: Comparison,
): boolean {
  if (gold.length !== answer.length) {
    return false;
  }
  if (gold.length > mostMembers) {
    return equalInOrder(gold, answer, comparison);
  }
  const left = [...answer];
  return gold.every((member) => {
    const index = left.findIndex((candidate) => equalAnswers(member, candidate, comparison));
    if (index >= 0) {
      left.splice(index, 1);
    }
    return index >= 0;
  });
}

function distinct(members: readonly Expression[], comparison: Comparison): Expression[] {
  const kept: Expression[] = [];
  for (const member of members.slice(0, mostMembers)) {
    if (!kept.some((other) => equalAnswers(other, member, comparison))) {
      kept.push(member);
    }
  }
  return kept;
}

function equalRelations(gold: Expression, answer: Expression, comparison: Comparison): boolean {
  const goldAssignment = gold.kind === "relation" ? asAssignment(gold) : undefined;
  const answerAssignment = answer.kind === "relation" ? asAssignment(answer) : undefined;
  const goldPlain = gold.kind !== "relation" && gold.kind !== "connected";
  const answerPlain = answer.kind !== "relation" && answer.kind !== "connected";
  if (goldAssignment && answerAssignment) {
    const bothApproximate = goldAssignment.values.length > 1 && answerAssignment.values.length > 1;
    return (
      (sameName(goldAssignment.name, answerAssignment.name, comparison) &&
        (bothApproximate ? equalInOrder : equalAny)(
          goldAssignment.values,
          answerAssignment.values,
          comparison,
        )) ||
      equalEquations(gold, answer, comparison)
    );
  }
  if (goldAssignment && answerPlain) {
    return equalAny(goldAssignment.values, [answer], comparison);
  }
  if (answerAssignment && goldPlain) {
    return equalAny([gold], answerAssignment.values, comparison);
  }
  const goldList = membersOfConnected(gold);
  const answerList = membersOfConnected(answer);
  if (goldList || answerList) {
    if (
      equalSequences(only2(goldList ?? membersOf(gold)), only2(answerList ?? membersOf(answer)), comparison)
    ) {
      return true;
    }
  }
  const goldRegion = toRegion(gold, comparison);
  const answerRegion = goldRegion && toRegion(answer, comparison);
  if (goldRegion && answerRegion) {
    return equalRegions(goldRegion, answerRegion) && sameVariable(gold, answer, comparison);
  }
  if (gold.kind === "relation" && answer.kind === "relation") {
    return equalEquations(gold, answer, comparison);
  }
  return false;
}

/** `x > 3` is not `y > 3`; an interval has no variable to differ in. */
function sameVariable(gold: Expression, answer: Expression, comparison: Comparison): boolean {
  const [goldNames, answerNames] = [gold, answer].map((side) =>
    [...freeSymbols(side)].sort().join(" ").toLowerCase(),
  );
  return !comparison.strict || goldNames === "" || answerNames === "" || goldNames === answerNames;
}

/** Equations joined by "and" or "or" are a list; inequalities are not. */
function membersOfConnected(expression: Expression): readonly Expression[] | undefined {
  return expression.kind === "connected" && !expression.parts.some(isInequality)
    ? expression.parts
    : undefined;
}

function membersOf(expression: Expression): readonly Expression[] {
  return expression.kind === "sequence" ? expression.members : [expression];
}

function only2(members: readonly Expression[]): ExpressionOf<"sequence"> {
  return {
    kind: "sequence",
    open: "",
    close: "",
    members: members.flatMap((member) => bothSigns(member) ?? [member]),
  };
}

function equalAny(
  gold: readonly Expression[],
  answer: readonly Expression[],
  comparison: Comparison,
): boolean {
  return gold.some((left) => answer.some((right) => equalAnswers(left, right, comparison)));
}

/** Names are the same up to case; a computation such as `3 + 4` names only its value. */
function sameName(gold: Expression, answer: Expression, comparison: Comparison): boolean {
  const [goldIsValue, answerIsValue] = [gold, answer].map(
    (name) => freeSymbols(name).size === 0 && name.kind !== "text",
  );
  return (
    canonicalText(gold).toLowerCase() === canonicalText(answer).toLowerCase() ||
    goldIsValue !== answerIsValue ||
    (goldIsValue === true && equalAnswers(gold, answer, comparison))
  );
}

const turned: Readonly<Partial<Record<RelationOperator, RelationOperator>>> = {
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** Relation by relation, each up to a factor: `2x + 2y = 2` says `y = 1 - x`. */
function equalEquations(gold: Expression, answer: Expression, comparison: Comparison): boolean {
  if (
    gold.kind !== "relation" ||
    answer.kind !== "relation" ||
    gold.operators.length !== answer.operators.length
  ) {
    return false;
  }
  const inOrder = (order: readonly number[]) =>
    gold.operators.every((operator, index) =>
      equalRelation(gold, operator, index, answer, order[index] ?? index, comparison),
    );
  const forward = gold.operators.map((_, index) => index);
  return inOrder(forward) || (forward.length > 1 && inOrder([...forward].reverse()));
}

function equalRelation(
  gold: ExpressionOf<"relation">,
  operator: RelationOperator,
  index: number,
  answer: ExpressionOf<"relation">,
  answerIndex: number,
  comparison: Comparison,
): boolean {
  const answerOperator = answer.operators[answerIndex];
  const [goldLeft, goldRight] = [gold.operands[index], gold.operands[index + 1]];
  const [answerLeft, answerRight] = [answer.operands[answerIndex], answer.operands[answerIndex + 1]];
  if (!goldLeft || !goldRight || !answerLeft || !answerRight || answerOperator === undefined) {
    return false;
  }
  const sides = [goldLeft, goldRight, answerLeft, answerRight];
  const algebraic = sides.every(isAlgebraic) && sides.some((side) => freeSymbols(side).size > 0);
  if (!algebraic) {
    return (
      operator === answerOperator &&
      equalAnswers(goldLeft, answerLeft, comparison) &&
      equalAnswers(goldRight, answerRight, comparison)
    );
  }
  const ratio = constantRatio(
    difference(goldLeft, goldRight),
    difference(answerLeft, answerRight),
    comparison,
  );
  if (ratio === undefined) {
    return false;
  }
  return answerOperator === (ratio < 0 ? (turned[operator] ?? operator) : operator);
}

function isAlgebraic(expression: Expression): boolean {
  return !["sequence", "text", "matrix", "named-set", "set-operation", "set-builder", "relation"].includes(
    expression.kind,
  );
}

function difference(left: Expression, right: Expression): Expression {
  return { kind: "sum", terms: [left, product(minusOne, right)] };
}
