/** An exact fraction in lowest terms; the denominator is positive. */
export interface Rational {
  numerator: bigint;
  denominator: bigint;
}

/** Larger numerators and denominators (about 6,000 decimal digits) are not computed exactly. */
const mostBits = 20_000;
/** A bigint below this is surely within the bound, which spares measuring it. */
const surelySmall = 1n << 512n;

export function integer(value: bigint | number): Rational {
  return { numerator: BigInt(value), denominator: 1n };
}

/** The fraction in lowest terms, or undefined where the denominator is 0 or a part is too large. */
export function fraction(numerator: bigint, denominator: bigint): Rational | undefined {
  if (denominator === 0n || !fits(numerator) || !fits(denominator)) {
    return undefined;
  }
  if (denominator === 1n) {
    return { numerator, denominator };
  }
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = greatestCommonDivisor(numerator, denominator) * sign;
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

export function add(a: Rational, b: Rational): Rational | undefined {
  return a.denominator === b.denominator
    ? fraction(a.numerator + b.numerator, a.denominator)
    : fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function multiply(a: Rational, b: Rational): Rational | undefined {
  return fraction(a.numerator * b.numerator, a.denominator * b.denominator);
}

export function reciprocal(a: Rational): Rational | undefined {
  return fraction(a.denominator, a.numerator);
}

export function negate(a: Rational): Rational {
  return { numerator: -a.numerator, denominator: a.denominator };
}

/** `base ** exponent` where that is rational and not too large: integer exponents, and roots that come out exactly. */
export function power(base: Rational, exponent: Rational): Rational | undefined {
  if (exponent.denominator !== 1n) {
    const root = exactRoot(base, exponent.denominator);
    return root && power(root, integer(exponent.numerator));
  }
  const magnitude = absolute(exponent.numerator);
  const baseBits = bitLength(base.numerator) + bitLength(base.denominator);
  const isUnit = base.denominator === 1n && absolute(base.numerator) <= 1n;
  if (isUnit) {
    const odd = magnitude % 2n === 1n;
    return base.numerator === 0n
      ? exponent.numerator > 0n
        ? base
        : exponent.numerator === 0n
          ? integer(1)
          : undefined
      : integer(odd ? base.numerator : 1n);
  }
  if (magnitude * BigInt(baseBits) > BigInt(mostBits)) {
    return undefined;
  }
  const raised = { numerator: base.numerator ** magnitude, denominator: base.denominator ** magnitude };
  return exponent.numerator < 0n ? fraction(raised.denominator, raised.numerator) : raised;
}

export function compare(a: Rational, b: Rational): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function isInteger(a: Rational): boolean {
  return a.denominator === 1n;
}

/** The nearest double; infinite where it is out of range. */
export function toNumber(a: Rational): number {
  if (a.denominator === 1n) {
    return Number(a.numerator);
  }
  const numerator = Number(a.numerator);
  const denominator = Number(a.denominator);
  if (Number.isFinite(numerator) && Number.isFinite(denominator)) {
    return numerator / denominator;
  }
  const shift = BigInt(Math.max(0, Math.min(bitLength(a.numerator), bitLength(a.denominator)) - 1000));
  return Number(a.numerator >> shift) / Number(a.denominator >> shift);
}

/** Reads `12`, `12.5`, `.5` and the exponent of `1.2e-3`; undefined if it has too many digits. */
export function parseDecimal(digits: string, exponent = 0): Rational | undefined {
  if (digits.length > 6000 || Math.abs(exponent) > 5000) {
    return undefined;
  }
  const point = digits.indexOf(".");
  const whole = BigInt(point < 0 ? digits : digits.slice(0, point) + digits.slice(point + 1) || "0");
  const places = (point < 0 ? 0 : digits.length - point - 1) - exponent;
  return places <= 0 ? integer(whole * 10n ** BigInt(-places)) : fraction(whole, 10n ** BigInt(places));
}

/** Half away from zero, to so many decimal places. */
export function round(a: Rational, places: number): bigint {
  const scaled = a.numerator * 10n ** BigInt(places) * 2n;
  const half = scaled < 0n ? -a.denominator : a.denominator;
  return (scaled + half) / (2n * a.denominator);
}

export function floor(a: Rational): bigint {
  const quotient = a.numerator / a.denominator;
  return a.numerator < 0n && quotient * a.denominator !== a.numerator ? quotient - 1n : quotient;
}

export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let x = absolute(a);
  let y = absolute(b);
  while (y !== 0n) {
    [x, y] = [y, x % y];
  }
  return x;
}

function exactRoot(base: Rational, degree: bigint): Rational | undefined {
  if (degree > 64n || (base.numerator < 0n && degree % 2n === 0n)) {
    return undefined;
  }
  const numerator = integerRoot(absolute(base.numerator), Number(degree));
  const denominator = integerRoot(base.denominator, Number(degree));
  if (numerator === undefined || denominator === undefined) {
    return undefined;
  }
  return { numerator: base.numerator < 0n ? -numerator : numerator, denominator };
}

/** The root if it is whole: a guess in floating point, then Newton's steps. */
function integerRoot(value: bigint, degree: number): bigint | undefined {
  if (value < 2n) {
    return value;
  }
  if (value >= surelySmall) {
    return undefined;
  }
  const power = BigInt(degree);
  let root = 1n << BigInt(Math.ceil(bitLength(value) / degree));
  for (;;) {
    const next = ((power - 1n) * root + value / root ** (power - 1n)) / power;
    if (next >= root) {
      return root ** power === value ? root : undefined;
    }
    root = next;
  }
}

function fits(value: bigint): boolean {
  return (value < surelySmall && value > -surelySmall) || bitLength(value) <= mostBits;
}

function bitLength(value: bigint): number {
  return absolute(value).toString(16).length * 4;
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}
