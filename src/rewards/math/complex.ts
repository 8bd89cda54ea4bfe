import type { Rational } from "./rational.ts";
import { toNumber } from "./rational.ts";

export interface Complex {
  re: number;
  im: number;
}

export const zero: Complex = { re: 0, im: 0 };
export const one: Complex = { re: 1, im: 0 };
export const undefinedValue: Complex = { re: Number.NaN, im: Number.NaN };

export function real(value: number): Complex {
  return { re: value, im: 0 };
}

export function add(a: Complex, b: Complex): Complex {
  return { re: a.re + b.re, im: a.im + b.im };
}

export function multiply(a: Complex, b: Complex): Complex {
  if (a.im === 0 && b.im === 0) {
    return { re: a.re * b.re, im: 0 };
  }
  return { re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re };
}

export function scale(a: Complex, factor: number): Complex {
  return { re: a.re * factor, im: a.im * factor };
}

export function divide(a: Complex, b: Complex): Complex {
  if (b.im === 0) {
    return b.re === 0 ? undefinedValue : { re: a.re / b.re, im: a.im === 0 ? 0 : a.im / b.re };
  }
  const square = b.re * b.re + b.im * b.im;
  return { re: (a.re * b.re + a.im * b.im) / square, im: (a.im * b.re - a.re * b.im) / square };
}

export function magnitude(a: Complex): number {
  return a.im === 0 ? Math.abs(a.re) : Math.hypot(a.re, a.im);
}

export function distance(a: Complex, b: Complex): number {
  return Math.hypot(a.re - b.re, a.im - b.im);
}

export function isFiniteValue(a: Complex): boolean {
  return Number.isFinite(a.re) && Number.isFinite(a.im);
}

export function exp(a: Complex): Complex {
  const size = Math.exp(a.re);
  return a.im === 0 ? { re: size, im: 0 } : { re: size * Math.cos(a.im), im: size * Math.sin(a.im) };
}

/** The principal value. */
export function log(a: Complex): Complex {
  if (a.re === 0 && a.im === 0) {
    return undefinedValue;
  }
  return { re: Math.log(magnitude(a)), im: a.im === 0 && a.re > 0 ? 0 : Math.atan2(a.im, a.re) };
}

/** The principal value. */
export function power(base: Complex, exponent: Complex): Complex {
  if (base.re === 0 && base.im === 0) {
    return exponent.re > 0 ? zero : exponent.re === 0 && exponent.im === 0 ? one : undefinedValue;
  }
  if (base.im === 0 && exponent.im === 0 && (base.re > 0 || Number.isInteger(exponent.re))) {
    return real(base.re ** exponent.re);
  }
  return exp(multiply(exponent, log(base)));
}

/** Odd roots of negative numbers are negative, as in school. */
export function rationalPower(base: Complex, exponent: Rational): Complex {
  const value = toNumber(exponent);
  if (base.im === 0 && base.re < 0 && exponent.denominator > 1n && exponent.denominator % 2n === 1n) {
    return real((exponent.numerator % 2n === 0n ? 1 : -1) * (-base.re) ** value);
  }
  if (base.im === 0 && base.re < 0 && exponent.denominator === 2n) {
    const size = (-base.re) ** value;
    const turn = Number(((exponent.numerator % 4n) + 4n) % 4n);
    return { re: 0, im: turn === 1 ? size : -size };
  }
  return power(base, real(value));
}

export function squareRoot(a: Complex): Complex {
  return rationalPower(a, { numerator: 1n, denominator: 2n });
}

export function subtract(a: Complex, b: Complex): Complex {
  return { re: a.re - b.re, im: a.im - b.im };
}
