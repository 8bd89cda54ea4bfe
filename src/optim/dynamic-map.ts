/**
 * The 256 values from -1 or 0 to 1 that a byte stands for in bitsandbytes' 8-bit optimizers: denser towards zero, seven
 * decades deep ("dynamic tree quantization", Dettmers 2015 and 2022).
 */
export interface DynamicMap {
  /** Ascending. */
  readonly values: Float32Array;
  /** The largest number that is stored as each code, by its rank. */
  readonly limits: Int32Array;
  /** The code of the least number whose float32 begins with these 16 bits; no such cell has more than one limit inside. */
  readonly cells: Uint8Array;
}

/** Integers in the order of the float32 that have these bit patterns: comparing them needs no branch. */
export function rankOf(bits: number): number {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

const decades = 7;
const codes = 256;

function mapValues(signed: boolean): Float32Array {
  const values = [0, 1];
  for (let decade = 0; decade < decades; decade++) {
    const count = 2 ** (signed ? decade : decade + 1);
    for (let i = 0; i < count; i++) {
      const value = (0.1 + (0.9 * (i + 0.5)) / count) * 10 ** (decade + 1 - decades);
      values.push(value, ...(signed ? [-value] : []));
    }
  }
  return Float32Array.from(values).sort();
}

/**
 * Halfway between neighbours. Without a sign only 0 itself is stored as 0, unlike in bitsandbytes: a second moment that
 * vanished beside a first one that did not would make a step of any length.
 */
function limitsBetween(values: Float32Array, signed: boolean): Int32Array {
  const limits = values.map((value, code) => (value + (values[code + 1] ?? value)) / 2);
  if (!signed) {
    limits[0] = 0;
  }
  return new Int32Array(limits.buffer).map(rankOf);
}

function cellsOf(limits: Int32Array): Uint8Array {
  const cells = new Uint8Array(0x10000);
  let code = 0;
  // Ascending: a negative number is the less, the larger its bit pattern.
  for (let i = -0x8000; i < 0x8000; i++) {
    const least = i * 0x10000;
    while (code < codes - 1 && least > limits[code]) {
      code++;
    }
    cells[rankOf(least) >>> 16] = code;
  }
  return cells;
}

function createMap(signed: boolean): DynamicMap {
  const values = mapValues(signed);
  const limits = limitsBetween(values, signed);
  return { values, limits, cells: cellsOf(limits) };
}

let signedMap: DynamicMap | undefined;
let unsignedMap: DynamicMap | undefined;

export function dynamicMap(signed: boolean): DynamicMap {
  if (signed) {
    signedMap ??= createMap(true);
    return signedMap;
  }
  unsignedMap ??= createMap(false);
  return unsignedMap;
}
