import { type Expression, type RelationOperator, unreadable, type WorkBudget } from "../expression.ts";
import { namedAtom } from "./atoms.ts";
import { expression, factors, unaryMinus } from "./expressions.ts";
import { lex } from "./lexer.ts";
import { accept, attempt, expect, fail, kind, nested, numberOf, type Reader, take } from "./reader.ts";

/** Reads LaTeX as math-verify's grammar does, refusing what it refuses. Throws `unreadable`. */
export function parseLatex(text: string, complex: boolean, budget: WorkBudget): Expression {
  const reader: Reader = {
    tokens: lex(text, budget),
    position: 0,
    depth: 0,
    budget,
    suffix: complex ? "\u0001" : "",
    grammar: { expression, factors },
  };
  for (const alternative of [setElementsRelation, setElements, setRelation]) {
    const value = attempt(reader, alternative, atEnd);
    if (value) {
      return /^\s*-?\d{1,3}(?:,\d{3})+(?:\.\d+)?\s*$/.test(text) ? commaNumber(text) : value;
    }
  }
  throw unreadable;
}

function commaNumber(text: string): Expression {
  return numberOf(
    text.trim().startsWith("0") ? text.trim().replace(/,/g, ".") : text.replaceAll(/[,\s]/g, ""),
  );
}

function atEnd(reader: Reader): boolean {
  return reader.position === reader.tokens.length;
}

function sequence(open: "(" | "{", members: readonly Expression[]): Expression {
  return { kind: "sequence", open, close: open === "(" ? ")" : "}", members };
}

function setElementsRelation(reader: Reader): Expression {
  const name = atomList(reader);
  if (!accept(reader, "in") && !accept(reader, "=")) {
    fail();
  }
  return equation(name, groups(semicolonElements(reader, false)));
}

function equation(left: Expression, right: Expression): Expression {
  return { kind: "relation", operators: ["="], operands: [left, right] };
}

function setElements(reader: Reader): Expression {
  return groups(semicolonElements(reader, true));
}

/** One value, a set of values, or a set of tuples. */
function groups(elements: readonly (readonly Expression[])[]): Expression {
  const [first] = elements;
  if (elements.length === 1 && first) {
    return first.length === 1 ? (first[0] as Expression) : sequence("{", first);
  }
  return elements.every((group) => group.length === 1)
    ? sequence("{", elements.flat())
    : sequence(
        "{",
        elements.map((group) => sequence("(", group)),
      );
}

function setRelation(reader: Reader): Expression {
  return nested(reader, () => {
    const named = attempt(
      reader,
      (inner) => {
        const name = atomList(inner);
        const operator = take(inner).kind;
        if (operator !== "in" && operator !== "=" && operator !== "notin") {
          fail();
        }
        const set = setRelation(inner);
        return operator === "notin"
          ? { kind: "call", name: "not", arguments: [equation(name, set)] }
          : equation(name, set);
      },
      () => true,
    );
    return named ?? setOperation(reader, 0);
  });
}

const setOperators = [
  ["setminus", "difference"],
  ["union", "union"],
  ["intersection", "intersection"],
] as const;

function setOperation(reader: Reader, level: number): Expression {
  const operator = setOperators[level];
  if (!operator) {
    return setGroup(reader);
  }
  let left = setOperation(reader, level + 1);
  while (accept(reader, operator[0])) {
    left = { kind: "set-operation", name: operator[1], parts: [left, setOperation(reader, level + 1)] };
  }
  return left;
}

function setGroup(reader: Reader): Expression {
  return nested(
    reader,
    () =>
      attempt(reader, setAtom, () => true) ??
      (() => {
        expect(reader, "(");
        const inside = setOperation(reader, 0);
        expect(reader, ")");
        return inside;
      })(),
  );
}

function semicolonElements(reader: Reader, relations: boolean): Expression[][] {
  return nested(reader, () => {
    const elements = [commaElements(reader, relations)];
    while (accept(reader, ";")) {
      elements.push(commaElements(reader, relations));
    }
    return elements;
  });
}

function commaElements(reader: Reader, relations: boolean): Expression[] {
  const elements = element(reader, relations);
  while (accept(reader, ",")) {
    elements.push(...element(reader, relations));
  }
  return elements;
}

const closers = new Set(["", ",", ";", ")", "]", "}", "\\}", "\\)", "\\rgroup"]);

function element(reader: Reader, relations: boolean): Expression[] {
  const ends = (inner: Reader) => closers.has(kind(inner));
  const value = attempt(reader, relations ? relation : expression, ends) ?? attempt(reader, setAtom, ends);
  if (value) {
    return [value];
  }
  const left = kind(reader) === "+-" ? undefined : expression(reader);
  expect(reader, "+-");
  const right = expression(reader);
  if (!left) {
    return [unaryMinus(right), right];
  }
  return [
    { kind: "sum", terms: [left, right] },
    { kind: "sum", terms: [left, unaryMinus(right)] },
  ];
}

function setAtom(reader: Reader): Expression {
  return nested(reader, () => {
    switch (kind(reader)) {
      case "N":
      case "Z":
      case "Q":
      case "R":
      case "C":
      case "P":
        return { kind: "named-set", name: take(reader).kind as "R" };
      case "empty":
        reader.position++;
        return { kind: "named-set", name: "empty" };
      case "(":
      case "[":
      case "\\(":
      case "\\lgroup":
        return attempt(reader, interval, () => true) ?? orderedTuple(reader);
      case "{":
      case "\\{":
      case "boxed":
        return finiteSet(reader);
      default:
        return fail();
    }
  });
}

function interval(reader: Reader): Expression {
  const open = take(reader).kind;
  const start = expression(reader);
  expect(reader, ",");
  const end = expression(reader);
  const close = take(reader).kind;
  if (close !== ")" && close !== "]" && close !== "\\)" && close !== "\\rgroup") {
    fail();
  }
  return { kind: "interval", start, startOpen: open !== "[", end, endOpen: close !== "]" };
}

const tupleBrackets: Readonly<Record<string, string>> = { "(": ")", "\\(": "\\)", "[": "]" };

function orderedTuple(reader: Reader): Expression {
  const close = tupleBrackets[take(reader).kind] ?? fail();
  const elements = semicolonElements(reader, true);
  expect(reader, close);
  const [first] = elements;
  return elements.length === 1 && first?.length === 1
    ? (first[0] as Expression)
    : sequence("(", elements.flat());
}

function finiteSet(reader: Reader): Expression {
  const boxed = accept(reader, "boxed");
  const open = take(reader).kind;
  if (open === "{" && !boxed && accept(reader, "}")) {
    return { kind: "named-set", name: "empty" };
  }
  const elements = semicolonElements(reader, true);
  expect(reader, open === "\\{" ? "\\}" : "}");
  return boxed ? groups(elements) : sequence("{", elements.flat());
}

const relations: Readonly<Record<string, RelationOperator>> = {
  "=": "=",
  "==": "=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
  "!=": "!=",
};

/** A chain; of an approximation only one side is kept: the right one if the left is a name, else the left. */
function relation(reader: Reader): Expression {
  let left = expression(reader);
  for (let operator = kind(reader); ; operator = kind(reader)) {
    if (operator === "~=") {
      reader.position++;
      const right = expression(reader);
      left = onlySymbols(left) ? right : left;
      continue;
    }
    const meaning = Object.hasOwn(relations, operator) ? relations[operator] : undefined;
    if (!meaning) {
      return left;
    }
    reader.position++;
    const right = expression(reader);
    left =
      left.kind === "relation"
        ? { kind: "relation", operators: [...left.operators, meaning], operands: [...left.operands, right] }
        : { kind: "relation", operators: [meaning], operands: [left, right] };
  }
}

/** Whether an expression is made of symbols alone, as the left side of an assignment is. */
export function onlySymbols(value: Expression): boolean {
  switch (value.kind) {
    case "symbol":
      return true;
    case "product":
      return value.factors.every(onlySymbols);
    case "sum":
      return value.terms.every(onlySymbols);
    case "power":
      return value.exponent.kind === "number" && value.exponent.value.numerator === -1n
        ? onlySymbols(value.base)
        : onlySymbols(value.base) && onlySymbols(value.exponent);
    case "call":
      return value.arguments.length > 0 && value.arguments.every(onlySymbols);
    case "sequence":
      return value.members.every(onlySymbols);
    case "interval":
      return onlySymbols(value.start) && onlySymbols(value.end);
    default:
      return false;
  }
}

function atomList(reader: Reader): Expression {
  if (!accept(reader, "(")) {
    return namedAtom(reader);
  }
  const atoms = [namedAtom(reader)];
  while (accept(reader, ",")) {
    atoms.push(namedAtom(reader));
  }
  expect(reader, ")");
  return atoms.length === 1 ? (atoms[0] as Expression) : sequence("(", atoms);
}
