import { canonicalText } from "./canonical-text.ts";
import type { Complex } from "./complex.ts";
import * as complex from "./complex.ts";
import { exactValue } from "./exact-value.ts";
import { type Expression, type ExpressionOf, spend, type WorkBudget } from "./expression.ts";
import { evaluateFunction } from "./functions.ts";
import { toNumber } from "./rational.ts";

/** Values of the symbols, and what the evaluation may cost. */
export interface Point {
  values: ReadonlyMap<string, Complex>;
  budget: WorkBudget;
  /** Changes from sample to sample: what is not understood gets another value. */
  seed?: number;
  /** Set by an evaluation that had to approximate: a limit, an infinite sum. */
  approximate: boolean;
}

/** The value at the point in double precision; not a number where it has none or is not understood. */
export function evaluate(expression: Expression, point: Point): Complex {
  spend(point.budget, 1);
  switch (expression.kind) {
    case "number":
      return complex.real(toNumber(expression.value));
    case "symbol":
      return point.values.get(expression.name) ?? opaque(expression.name, point);
    case "constant":
      return constants[expression.name];
    case "sum": {
      let total = complex.zero;
      for (const term of expression.terms) {
        total = complex.add(total, evaluate(term, point));
      }
      return total;
    }
    case "product": {
      let total = complex.one;
      for (const factor of expression.factors) {
        total = complex.multiply(total, evaluate(factor, point));
      }
      return total;
    }
    case "power": {
      const base = evaluate(expression.base, point);
      const exponent = exactValue(expression.exponent);
      return exponent
        ? complex.rationalPower(base, exponent)
        : complex.power(base, evaluate(expression.exponent, point));
    }
    case "percent":
      return complex.scale(evaluate(expression.value, point), 0.01);
    case "quantity":
      return evaluate(expression.value, point);
    case "call":
      return evaluateCall(expression, point);
    case "binder":
      return evaluateBinder(expression, point);
    default:
      return opaque(canonicalText(expression), point);
  }
}

const constants = {
  pi: complex.real(Math.PI),
  e: complex.real(Math.E),
  i: { re: 0, im: 1 },
  infinity: complex.real(Number.POSITIVE_INFINITY),
  gamma: complex.real(0.5772156649015329),
};

function evaluateCall(expression: ExpressionOf<"call">, point: Point): Complex {
  const values = expression.arguments.map((argument) => evaluate(inRadians(argument), point));
  return evaluateFunction(expression.name, values) ?? opaque(canonicalText(expression), point);
}

/** An angle that says degrees, as the number that functions take. */
function inRadians(angle: Expression): Expression {
  if (angle.kind === "quantity" && /^deg/.test(angle.unit)) {
    const right: Expression = { kind: "number", value: { numerator: 1n, denominator: 180n }, decimal: false };
    return { kind: "product", factors: [angle.value, right, { kind: "constant", name: "pi" }] };
  }
  if (angle.kind === "sum") {
    return { ...angle, terms: angle.terms.map(inRadians) };
  }
  if (angle.kind === "product") {
    return { ...angle, factors: angle.factors.map(inRadians) };
  }
  return angle;
}

/** A number for what is not understood but may stand on both sides. */
function opaque(text: string, point: Point): Complex {
  let hash = (2166136261 ^ ((point.seed ?? 0) * 7919)) >>> 0;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  }
  return complex.real(0.5 + ((hash >>> 0) % 1_000_003) / 1_000_003);
}

const mostTerms = 2000;

function evaluateBinder(expression: ExpressionOf<"binder">, point: Point): Complex {
  const { from, to, variable, body } = expression;
  const at = (value: number): Complex => {
    const inner: Point = {
      values: new Map([...point.values, [variable, complex.real(value)]]),
      budget: point.budget,
      approximate: false,
      ...(point.seed !== undefined && { seed: point.seed }),
    };
    return evaluate(body, inner);
  };
  const start = from ? evaluate(from, point) : complex.undefinedValue;
  const end = to ? evaluate(to, point) : complex.undefinedValue;
  switch (expression.name) {
    case "limit":
      point.approximate = true;
      return limit(at, start.re);
    case "integral":
      point.approximate = true;
      return integral(at, start.re, end.re);
    default:
      return repeated(expression.name, at, start, end, point);
  }
}

function repeated(
  name: "sum" | "product",
  at: (value: number) => Complex,
  start: Complex,
  end: Complex,
  point: Point,
): Complex {
  const first = start.re;
  const infinite = end.re === Number.POSITIVE_INFINITY;
  if (!Number.isInteger(first) || (!infinite && (!Number.isInteger(end.re) || end.re - first > mostTerms))) {
    return complex.undefinedValue;
  }
  const last = infinite ? first + 400 : end.re;
  point.approximate ||= infinite;
  let total = name === "sum" ? complex.zero : complex.one;
  let change = 0;
  for (let index = first; index <= last; index++) {
    const next = name === "sum" ? complex.add(total, at(index)) : complex.multiply(total, at(index));
    change = complex.distance(next, total);
    total = next;
    if (infinite && change < 1e-15 * complex.magnitude(total) && index > first + 30) {
      break;
    }
  }
  return infinite && !(change < 1e-9 * Math.max(1, complex.magnitude(total)))
    ? complex.undefinedValue
    : total;
}

function limit(at: (value: number) => Complex, target: number): Complex {
  if (Math.abs(target) === Number.POSITIVE_INFINITY) {
    return at(Math.sign(target) * 1e7);
  }
  const step = 1e-5;
  return complex.scale(complex.add(at(target + step), at(target - step)), 0.5);
}

const gaussPoints = [-0.906179845938664, -0.538469310105683, 0, 0.538469310105683, 0.906179845938664];
const gaussWeights = [
  0.236926885056189, 0.478628670499366, 0.568888888888889, 0.478628670499366, 0.236926885056189,
];
const panels = 40;

function integral(at: (value: number) => Complex, start: number, end: number): Complex {
  if (!Number.isFinite(start) || !Number.isFinite(end)) {
    return complex.undefinedValue;
  }
  const half = (end - start) / panels / 2;
  let total = complex.zero;
  for (let panel = 0; panel < panels; panel++) {
    const middle = start + (2 * panel + 1) * half;
    gaussPoints.forEach((node, index) => {
      total = complex.add(total, complex.scale(at(middle + half * node), half * (gaussWeights[index] ?? 0)));
    });
  }
  return total;
}
