import type { Complex } from "./complex.ts";
import * as c from "./complex.ts";

/** Before the names of functions that the text only names, as in `f(x)`. */
export const unknownFunction = "function ";

const imaginary: Complex = { re: 0, im: 1 };

/** The value of a named function, or undefined if none of that name and number of arguments is known. */
export function evaluateFunction(name: string, values: readonly Complex[]): Complex | undefined {
  const [a, b] = values;
  if (a === undefined) {
    return undefined;
  }
  if (values.length === 1) {
    const known = Object.hasOwn(oneArgument, name) ? oneArgument[name] : undefined;
    return known?.(a);
  }
  switch (name) {
    case "log":
    case "ln":
      return b && c.divide(c.log(a), c.log(b));
    case "binomial":
      return b && binomial(a, b);
    case "mod":
      return b && c.real(a.re - b.re * Math.floor(a.re / b.re));
    case "max":
      return c.real(Math.max(...values.map((value) => value.re)));
    case "min":
      return c.real(Math.min(...values.map((value) => value.re)));
    case "gcd":
      return c.real(values.map((value) => value.re).reduce(gcd));
    case "lcm":
      return c.real(values.map((value) => value.re).reduce((x, y) => (x * y) / gcd(x, y)));
    default:
      return undefined;
  }
}

const oneArgument: Readonly<Record<string, (a: Complex) => Complex>> = {
  exp: c.exp,
  ln: c.log,
  log: (a) => c.scale(c.log(a), 1 / Math.LN10),
  log10: (a) => c.scale(c.log(a), 1 / Math.LN10),
  sin,
  cos,
  tan: (a) => c.divide(sin(a), cos(a)),
  cot: (a) => c.divide(cos(a), sin(a)),
  sec: (a) => c.divide(c.one, cos(a)),
  csc: (a) => c.divide(c.one, sin(a)),
  sinh,
  cosh,
  tanh: (a) => c.divide(sinh(a), cosh(a)),
  coth: (a) => c.divide(cosh(a), sinh(a)),
  sech: (a) => c.divide(c.one, cosh(a)),
  csch: (a) => c.divide(c.one, sinh(a)),
  arcsin,
  arccos: (a) => c.subtract(c.real(Math.PI / 2), arcsin(a)),
  arctan,
  arccot: (a) => arctan(c.divide(c.one, a)),
  arcsec: (a) => c.subtract(c.real(Math.PI / 2), arcsin(c.divide(c.one, a))),
  arccsc: (a) => arcsin(c.divide(c.one, a)),
  arcsinh: (a) => c.log(c.add(a, c.squareRoot(c.add(c.multiply(a, a), c.one)))),
  arccosh: (a) =>
    c.log(c.add(a, c.multiply(c.squareRoot(c.add(a, c.one)), c.squareRoot(c.subtract(a, c.one))))),
  arctanh: (a) => c.scale(c.log(c.divide(c.add(c.one, a), c.subtract(c.one, a))), 0.5),
  abs: (a) => c.real(c.magnitude(a)),
  floor: (a) => c.real(Math.floor(a.re + 1e-12)),
  ceil: (a) => c.real(Math.ceil(a.re - 1e-12)),
  factorial: (a) => c.real(gammaFunction(a.re + 1)),
  sgn: (a) => c.real(Math.sign(a.re)),
  Re: (a) => c.real(a.re),
  Im: (a) => c.real(a.im),
};

function sin(a: Complex): Complex {
  return a.im === 0
    ? c.real(Math.sin(a.re))
    : { re: Math.sin(a.re) * Math.cosh(a.im), im: Math.cos(a.re) * Math.sinh(a.im) };
}

function cos(a: Complex): Complex {
  return a.im === 0
    ? c.real(Math.cos(a.re))
    : { re: Math.cos(a.re) * Math.cosh(a.im), im: -Math.sin(a.re) * Math.sinh(a.im) };
}

function sinh(a: Complex): Complex {
  return c.scale(c.subtract(c.exp(a), c.exp(c.scale(a, -1))), 0.5);
}

function cosh(a: Complex): Complex {
  return c.scale(c.add(c.exp(a), c.exp(c.scale(a, -1))), 0.5);
}

function arcsin(a: Complex): Complex {
  if (a.im === 0 && Math.abs(a.re) <= 1) {
    return c.real(Math.asin(a.re));
  }
  const inside = c.add(c.multiply(imaginary, a), c.squareRoot(c.subtract(c.one, c.multiply(a, a))));
  return c.multiply({ re: 0, im: -1 }, c.log(inside));
}

function arctan(a: Complex): Complex {
  if (a.im === 0) {
    return c.real(Math.atan(a.re));
  }
  const turned = c.multiply(imaginary, a);
  const ratio = c.divide(c.subtract(c.one, turned), c.add(c.one, turned));
  return c.multiply({ re: 0, im: 0.5 }, c.log(ratio));
}

function binomial(a: Complex, b: Complex): Complex {
  const value = gammaFunction(a.re + 1) / (gammaFunction(b.re + 1) * gammaFunction(a.re - b.re + 1));
  return a.im === 0 && b.im === 0 ? c.real(value) : c.undefinedValue;
}

function gcd(x: number, y: number): number {
  let a = Math.abs(x);
  let b = Math.abs(y);
  if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) {
    return Number.NaN;
  }
  while (b > 0) {
    [a, b] = [b, a % b];
  }
  return a;
}

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** Lanczos' approximation, to about 15 digits. */
function gammaFunction(x: number): number {
  if (Number.isInteger(x) && x <= 0) {
    return Number.NaN;
  }
  if (x < 0.5) {
    return Math.PI / (Math.sin(Math.PI * x) * gammaFunction(1 - x));
  }
  const shifted = x - 1;
  const t = shifted + 7.5;
  const series = lanczos.reduce(
    (total, coefficient, index) => (index === 0 ? coefficient : total + coefficient / (shifted + index)),
    0,
  );
  return Math.sqrt(2 * Math.PI) * t ** (shifted + 0.5) * Math.exp(-t) * series;
}
