import {
  type Expression,
  type RelationOperator,
  spend,
  UnreadableError,
  type WorkBudget,
} from "../expression.ts";
import { fraction, integer, parseDecimal } from "../rational.ts";
import { product, quotient } from "../tree.ts";
import { type LatexToken, lex } from "./lexer.ts";

interface Reader {
  tokens: readonly LatexToken[];
  position: number;
  depth: number;
  budget: WorkBudget;
  /** Added to the names of symbols: a text with complex numbers has other symbols than one without. */
  suffix: string;
}

const deepest = 80;

/** Reads LaTeX as math-verify's grammar does, refusing what it refuses. Throws `UnreadableError`. */
export function parseLatex(text: string, complex: boolean, budget: WorkBudget): Expression {
  const reader: Reader = {
    tokens: lex(text, budget),
    position: 0,
    depth: 0,
    budget,
    suffix: complex ? "\u0001" : "",
  };
  for (const alternative of [setElementsRelation, setElements, setRelation]) {
    const value = attempt(reader, alternative, atEnd);
    if (value) {
      return /^\s*-?\d{1,3}(?:,\d{3})+(?:\.\d+)?\s*$/.test(text) ? commaNumber(text) : value;
    }
  }
  throw new UnreadableError(text.slice(0, 40));
}

function commaNumber(text: string): Expression {
  return numberOf(
    text.trim().startsWith("0") ? text.trim().replace(/,/g, ".") : text.replaceAll(/[,\s]/g, ""),
  );
}

function numberOf(text: string): Expression {
  const [digits = "", exponent] = text.split("E");
  const negative = digits.startsWith("-");
  const value = parseDecimal(
    negative ? digits.slice(1) : digits,
    exponent === undefined ? 0 : Number(exponent),
  );
  if (!value) {
    throw new UnreadableError("too many digits");
  }
  const signed = negative ? { numerator: -value.numerator, denominator: value.denominator } : value;
  return { kind: "number", value: signed, decimal: digits.includes(".") || exponent !== undefined };
}

function atEnd(reader: Reader): boolean {
  return reader.position === reader.tokens.length;
}

/** Tries to read; goes back where it cannot, or where what follows does not fit. */
function attempt(
  reader: Reader,
  read: (reader: Reader) => Expression,
  follows: (reader: Reader) => boolean,
): Expression | undefined {
  const { position, depth } = reader;
  try {
    const value = read(reader);
    if (follows(reader)) {
      return value;
    }
  } catch (error) {
    if (!(error instanceof UnreadableError) || reader.budget.steps < 0) {
      throw error;
    }
  }
  reader.position = position;
  reader.depth = depth;
  return undefined;
}

function kind(reader: Reader, ahead = 0): string {
  return reader.tokens[reader.position + ahead]?.kind ?? "";
}

function accept(reader: Reader, wanted: string): boolean {
  const found = kind(reader) === wanted;
  if (found) {
    reader.position++;
  }
  return found;
}

function expect(reader: Reader, wanted: string): void {
  if (!accept(reader, wanted)) {
    fail(reader);
  }
}

function fail(reader: Reader): never {
  throw new UnreadableError(kind(reader));
}

function take(reader: Reader): LatexToken {
  return reader.tokens[reader.position++] ?? fail(reader);
}

function nested<Result>(reader: Reader, read: (reader: Reader) => Result): Result {
  spend(reader.budget, 1);
  reader.depth++;
  if (reader.depth > deepest) {
    reader.budget.steps = -1;
    throw new UnreadableError("nested too deep");
  }
  const result = read(reader);
  reader.depth--;
  return result;
}

function sequence(open: "(" | "{", members: readonly Expression[]): Expression {
  return { kind: "sequence", open, close: open === "(" ? ")" : "}", members };
}

function setElementsRelation(reader: Reader): Expression {
  const name = atomList(reader);
  if (!accept(reader, "in") && !accept(reader, "=")) {
    fail(reader);
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
          fail(inner);
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
        return fail(reader);
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
    fail(reader);
  }
  return { kind: "interval", start, startOpen: open !== "[", end, endOpen: close !== "]" };
}

const tupleBrackets: Readonly<Record<string, string>> = { "(": ")", "\\(": "\\)", "[": "]" };

function orderedTuple(reader: Reader): Expression {
  const close = tupleBrackets[take(reader).kind] ?? fail(reader);
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

function expression(reader: Reader): Expression {
  return nested(reader, () => {
    const terms = [multiplied(reader, true)];
    for (;;) {
      if (accept(reader, "+")) {
        terms.push(multiplied(reader, true));
      } else if (accept(reader, "-")) {
        terms.push(unaryMinus(multiplied(reader, true)));
      } else {
        return terms.length === 1 ? (terms[0] as Expression) : { kind: "sum", terms };
      }
    }
  });
}

function multiplied(reader: Reader, functions: boolean): Expression {
  let left = signed(reader, functions);
  for (;;) {
    if (accept(reader, "*")) {
      left = product(left, signed(reader, functions));
    } else if (accept(reader, "/") || accept(reader, ":")) {
      left = divided(left, signed(reader, functions));
    } else if (accept(reader, "mod")) {
      left = { kind: "call", name: "mod", arguments: [left, signed(reader, functions)] };
    } else {
      return left;
    }
  }
}

function divided(left: Expression, right: Expression): Expression {
  return quotient(left, right);
}

function signed(reader: Reader, functions: boolean): Expression {
  return nested(reader, () => {
    if (accept(reader, "+")) {
      return signed(reader, functions);
    }
    if (accept(reader, "-")) {
      return unaryMinus(signed(reader, functions));
    }
    return sideBySide(reader, functions);
  });
}

function unaryMinus(value: Expression): Expression {
  if (value.kind === "number") {
    return { ...value, value: { numerator: -value.value.numerator, denominator: value.value.denominator } };
  }
  return product({ kind: "number", value: integer(-1), decimal: false }, value);
}

/** Factors side by side. A whole number before a positive fraction is a mixed number, whatever stands between. */
function sideBySide(reader: Reader, functions: boolean): Expression {
  const factors = [postfix(reader, true)];
  while (startsAtom(reader, functions)) {
    factors.push(postfix(reader, functions));
  }
  let right = factors.pop() as Expression;
  for (let left = factors.pop(); left; left = factors.pop()) {
    right = isWhole(left) && isPositiveRational(right) ? mixedNumber(left, right) : joined(left, right);
  }
  return right;
}

function joined(left: Expression, right: Expression): Expression {
  const factors = [
    ...(left.kind === "product" ? left.factors : [left]),
    ...(right.kind === "product" ? right.factors : [right]),
  ];
  return { kind: "product", factors };
}

function isWhole(value: Expression): value is Extract<Expression, { kind: "number" }> {
  return value.kind === "number" && !value.decimal && value.value.denominator === 1n;
}

function isPositiveRational(value: Expression): value is Extract<Expression, { kind: "number" }> {
  return value.kind === "number" && !value.decimal && value.value.numerator > 0n;
}

function mixedNumber(
  left: Extract<Expression, { kind: "number" }>,
  right: Extract<Expression, { kind: "number" }>,
): Expression {
  const { numerator, denominator } = right.value;
  const whole = left.value.numerator * denominator;
  const value = fraction(whole < 0n ? whole - numerator : whole + numerator, denominator);
  return { kind: "number", value: value ?? integer(0), decimal: false };
}

const plainStarts = new Set(
  "( \\lgroup { [ \\{ boxed phantom \\| | \\lvert \\langle floor( ceil( letter symbol accent infinity number percent scientific E differential gamma frac binom begin-matrix begin-det".split(
    " ",
  ),
);
const functionStarts = new Set("function function-of-many operatorname sqrt int sum prod lim e".split(" "));

function startsAtom(reader: Reader, functions: boolean): boolean {
  const next = kind(reader);
  if (next === "|" || next === "\\|") {
    return false;
  }
  return plainStarts.has(next) || (functions && functionStarts.has(next));
}

function postfix(reader: Reader, functions: boolean): Expression {
  let value = raised(reader, functions);
  for (;;) {
    if (accept(reader, "!")) {
      value = { kind: "call", name: "factorial", arguments: [value] };
    } else if (accept(reader, "transpose")) {
      value =
        value.kind === "matrix"
          ? { kind: "power", base: value, exponent: { kind: "symbol", name: "T" } }
          : value;
    } else if (!accept(reader, "degree")) {
      return value;
    }
  }
}

function raised(reader: Reader, functions: boolean): Expression {
  if (!functions && functionStarts.has(kind(reader))) {
    fail(reader);
  }
  let base = component(reader);
  while (accept(reader, "^")) {
    base = { kind: "power", base, exponent: atomOrBraces(reader) };
    if (accept(reader, "_")) {
      atomOrBraces(reader);
    }
  }
  return base;
}

function atomOrBraces(reader: Reader): Expression {
  if (accept(reader, "{")) {
    const value = expression(reader);
    expect(reader, "}");
    return value;
  }
  return atom(reader);
}

const groupClosers: Readonly<Record<string, string>> = {
  "(": ")",
  "\\lgroup": "\\rgroup",
  "{": "}",
  "[": "]",
  "\\{": "\\}",
  "|": "|",
  "\\lvert": "\\rvert",
  "\\|": "\\|",
  "floor(": "floor)",
  "ceil(": "ceil)",
};
const groupCalls: Readonly<Record<string, string>> = {
  "|": "abs",
  "\\lvert": "abs",
  "\\|": "norm",
  "floor(": "floor",
  "ceil(": "ceil",
};

function component(reader: Reader): Expression {
  return nested(reader, () => {
    const next = kind(reader);
    const close = Object.hasOwn(groupClosers, next) ? groupClosers[next] : undefined;
    if (close !== undefined) {
      reader.position++;
      const value = expression(reader);
      if (next === "{" && accept(reader, "choose")) {
        const below = expression(reader);
        expect(reader, "}");
        return { kind: "call", name: "binomial", arguments: [value, below] };
      }
      expect(reader, close);
      const call = groupCalls[next];
      return call === undefined ? value : { kind: "call", name: call, arguments: [value] };
    }
    switch (next) {
      case "phantom":
      case "boxed":
        reader.position++;
        return braces(reader);
      case "frac":
        reader.position++;
        return derivative(reader) ?? divided(braces(reader), braces(reader));
      case "binom":
        reader.position++;
        return { kind: "call", name: "binomial", arguments: [braces(reader), braces(reader)] };
      case "sqrt":
        return root(reader);
      case "function":
      case "function-of-many":
      case "operatorname":
        return namedFunction(reader);
      case "gamma":
        return attempt(reader, namedFunction, () => true) ?? atom(reader);
      case "e":
        return exponential(reader);
      case "begin-matrix":
      case "begin-det":
        return matrix(reader);
      case "sum":
      case "prod":
      case "lim":
      case "int":
        return binder(reader);
      default:
        return attempt(reader, calledLetter, () => true) ?? atom(reader);
    }
  });
}

/** `\frac{dx}{dt}` */
function derivative(reader: Reader): Expression | undefined {
  const kinds = [0, 1, 2, 3, 4, 5].map((ahead) => kind(reader, ahead)).join(" ");
  if (kinds !== "{ differential } { differential }") {
    return undefined;
  }
  const value: Expression = {
    kind: "symbol",
    name: reader.tokens[reader.position + 1]?.text.slice(1).trim() ?? "",
  };
  const variable: Expression = {
    kind: "symbol",
    name: reader.tokens[reader.position + 4]?.text.slice(1).trim() ?? "",
  };
  reader.position += 6;
  return { kind: "call", name: "derivative", arguments: [value, variable, numberOf("1")] };
}

function braces(reader: Reader): Expression {
  expect(reader, "{");
  const value = expression(reader);
  expect(reader, "}");
  return value;
}

function root(reader: Reader): Expression {
  reader.position++;
  let degree: Expression = numberOf("2");
  if (accept(reader, "[")) {
    degree = expression(reader);
    expect(reader, "]");
  }
  return { kind: "power", base: braces(reader), exponent: quotient(numberOf("1"), degree) };
}

/** `f(x)`: a letter before a lone atom, or before several values, in brackets. */
function calledLetter(reader: Reader): Expression {
  const name = symbolName(reader);
  let exponent: Expression | undefined;
  if (kind(reader) === "^") {
    reader.position++;
    exponent = atomOrBraces(reader);
  }
  const braced = accept(reader, "{");
  const open = take(reader).kind;
  if (open !== "(" && open !== "[") {
    fail(reader);
  }
  const close = open === "(" ? ")" : "]";
  const lone = attempt(reader, atom, (inner) => kind(inner) === close);
  const values = lone ? [lone] : [expression(reader)];
  if (!lone) {
    expect(reader, ",");
    while (kind(reader) !== close) {
      values.push(expression(reader));
      if (!accept(reader, ",")) {
        break;
      }
    }
  }
  expect(reader, close);
  if (braced) {
    expect(reader, "}");
  }
  const call: Expression = { kind: "call", name: `function ${name}`, arguments: values };
  return exponent ? { kind: "power", base: call, exponent } : call;
}

function namedFunction(reader: Reader): Expression {
  let name = take(reader).text.slice(1);
  if (name === "operatorname") {
    expect(reader, "{");
    name = take(reader).text;
    expect(reader, "}");
  }
  let base: Expression | undefined;
  let exponent: Expression | undefined;
  for (let count = 0; count < 2; count++) {
    if (!base && accept(reader, "_")) {
      base = atomOrBraces(reader);
    } else if (!exponent && accept(reader, "^")) {
      exponent = atomOrBraces(reader);
    }
  }
  if (name === "gamma") {
    name = "Gamma";
  }
  const values = functionArguments(
    reader,
    name === "gcd" || name === "lcm" || name === "max" || name === "min",
  );
  if (
    exponent?.kind === "number" &&
    exponent.value.numerator === -1n &&
    /^(?:sin|cos|tan|csc|sec|cot)h?$/.test(name)
  ) {
    name = `arc${name}`;
    exponent = undefined;
  }
  const renamed = name.replace(/^ar(sinh|cosh|tanh)$/, "arc$1");
  const isLogarithm = renamed === "log" || renamed === "ln";
  const call: Expression = {
    kind: "call",
    name: renamed === "Gamma" ? "gamma" : renamed,
    arguments: isLogarithm && base ? [...values, base] : values,
  };
  return exponent ? { kind: "power", base: call, exponent } : call;
}

function functionArguments(reader: Reader, many: boolean): Expression[] {
  const bracketed = attemptList(reader, many);
  return bracketed ?? [multiplied(reader, false)];
}

function attemptList(reader: Reader, many: boolean): Expression[] | undefined {
  const values: Expression[] = [];
  const found = attempt(
    reader,
    (inner) => {
      expect(inner, "(");
      values.push(expression(inner));
      while (many && accept(inner, ",")) {
        values.push(expression(inner));
      }
      expect(inner, ")");
      return values[0] as Expression;
    },
    () => true,
  );
  return found ? values : undefined;
}

function exponential(reader: Reader): Expression {
  reader.position++;
  if (!accept(reader, "^")) {
    return { kind: "constant", name: "e" };
  }
  return { kind: "power", base: { kind: "constant", name: "e" }, exponent: atomOrBraces(reader) };
}

function matrix(reader: Reader): Expression {
  const determinant = take(reader).kind === "begin-det";
  const end = determinant ? "end-det" : "end-matrix";
  const rows: Expression[][] = [];
  while (kind(reader) !== end) {
    const row = [expression(reader)];
    while (accept(reader, "&")) {
      row.push(expression(reader));
    }
    rows.push(row);
    if (!accept(reader, "\\\\")) {
      break;
    }
  }
  expect(reader, end);
  if (rows.length === 0 || rows.some((row) => row.length !== rows[0]?.length)) {
    fail(reader);
  }
  const value: Expression = { kind: "matrix", rows };
  return determinant ? { kind: "call", name: "det", arguments: [value] } : value;
}

function binder(reader: Reader): Expression {
  const name = take(reader).kind;
  if (name === "int") {
    return integral(reader);
  }
  let variable: Expression | undefined;
  let from: Expression | undefined;
  let to: Expression | undefined;
  for (let count = 0; count < 2; count++) {
    if (!from && accept(reader, "_")) {
      expect(reader, "{");
      variable = expression(reader);
      expect(reader, name === "lim" ? "to" : "=");
      from = expression(reader);
      expect(reader, "}");
    } else if (name !== "lim" && !to && accept(reader, "^")) {
      to = atomOrBraces(reader);
    }
  }
  if (variable?.kind !== "symbol" || !from || (name !== "lim" && !to)) {
    fail(reader);
  }
  const body = multiplied(reader, true);
  const kinds = { sum: "sum", prod: "product", lim: "limit" } as const;
  return {
    kind: "binder",
    name: kinds[name as "sum"],
    variable: variable.name,
    from,
    body,
    ...(to && { to }),
  };
}

function integral(reader: Reader): Expression {
  let from: Expression | undefined;
  let to: Expression | undefined;
  for (let count = 0; count < 2; count++) {
    if (!from && accept(reader, "_")) {
      from = atomOrBraces(reader);
    } else if (!to && accept(reader, "^")) {
      to = atomOrBraces(reader);
    }
  }
  const rest = reader.tokens.findIndex(
    (token, index) => index >= reader.position && token.kind === "differential",
  );
  if (rest < 0) {
    fail(reader);
  }
  const inner: Reader = { ...reader, tokens: reader.tokens.slice(0, rest) };
  const body = rest === reader.position ? numberOf("1") : expression(inner);
  if (inner.position !== rest) {
    fail(inner);
  }
  reader.position = rest + 1;
  const variable = (reader.tokens[rest]?.text ?? "").slice(1).trim().replace("\\", "");
  return {
    kind: "binder",
    name: "integral",
    variable: variable + reader.suffix,
    body,
    ...(from && { from }),
    ...(to && { to }),
  };
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

function namedAtom(reader: Reader): Expression {
  return kind(reader) === "letter" || kind(reader) === "symbol" || kind(reader) === "accent"
    ? atom(reader)
    : fail(reader);
}

function atom(reader: Reader): Expression {
  const token = reader.tokens[reader.position] ?? fail(reader);
  switch (token.kind) {
    case "letter":
    case "symbol":
    case "accent":
      return letter(reader);
    case "infinity":
      reader.position++;
      return { kind: "constant", name: "infinity" };
    case "number": {
      reader.position++;
      if (accept(reader, "_")) {
        atomOrBraces(reader);
      }
      return numberOf(token.text);
    }
    case "scientific":
      reader.position++;
      return numberOf(token.text);
    case "percent":
      reader.position++;
      return { kind: "percent", value: numberOf(token.text.replaceAll(/[\\%\s]/g, "")) };
    case "E":
      reader.position++;
      return { kind: "symbol", name: `e${reader.suffix}` };
    case "differential":
      reader.position++;
      return { kind: "symbol", name: `d${token.text.slice(1).trim().replace("\\", "")}${reader.suffix}` };
    case "gamma":
      reader.position++;
      return { kind: "constant", name: "gamma" };
    default:
      return fail(reader);
  }
}

function letter(reader: Reader): Expression {
  const token = reader.tokens[reader.position] as LatexToken;
  const name = symbolName(reader);
  let value: Expression = { kind: "symbol", name };
  if (token.text === "I" && name === `i${reader.suffix}`) {
    value = { kind: "constant", name: "i" };
  } else if (name === `pi${reader.suffix}`) {
    value = { kind: "constant", name: "pi" };
  }
  return value;
}

const greekNames: Readonly<Record<string, string>> = {
  π: "pi",
  Π: "pi",
  "\\Pi": "pi",
  Γ: "gamma",
  γ: "gamma",
};

/** In lower case, with its subscript, as math-verify names it. */
function symbolName(reader: Reader): string {
  const token = take(reader);
  let name = token.text;
  if (token.kind === "accent") {
    const brace = name.indexOf("{");
    const accent = name.slice(1, brace).trim();
    const content = name.slice(brace + 1, -1).replaceAll(" ", "");
    name = /text|mbox/.test(accent)
      ? content.replaceAll(/[()]/g, "")
      : `${accent === "overline" ? "bar" : accent === "overrightarrow" ? "vec" : accent === "widetilde" ? "tilde" : accent.includes("math") ? "math" : accent}{${content}}`;
  } else if (token.kind === "symbol") {
    name = greekNames[name] ?? name.replace("\\", "");
  } else if (token.kind !== "letter") {
    fail(reader);
  }
  name = name.trim();
  if (accept(reader, "_")) {
    const start = reader.position;
    if (accept(reader, "{")) {
      expression(reader);
      while (accept(reader, ",")) {
        expression(reader);
      }
      expect(reader, "}");
    } else {
      atom(reader);
    }
    const subscript = reader.tokens
      .slice(start, reader.position)
      .map((part) => part.text)
      .join("")
      .replaceAll(/^\{|\}$/g, "");
    name += `_${subscript}`;
  }
  return name.toLowerCase() + reader.suffix;
}
