/**
 * Random numbers by counting: each is a hash of a seed and a counter, so a stream needs no state beyond a position and
 * any position can be drawn first. The mixer is MurmurHash3's 32-bit finalizer (Appleby).
 */

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const goldenRatio = 0x9e3779b9;

/** Streams take 32 bits of a seed: two larger ones could mean the same. */
export const largestSeed = 0xffffffff;

/** One 32-bit seed from any number of integers; their order matters. */
export function hashSeed(...parts: readonly number[]): number {
  return parts.reduce((hash, part) => mix((hash + goldenRatio + mix(part | 0)) | 0), 0x6a09e667);
}

/** 32 random bits for a seed and a position: quicker than `uniform`, for loops over every weight. */
export function randomBits(seed: number, position: number): number {
  return mix(Math.imul(position, goldenRatio) ^ seed);
}

/** A number in [0, 1) with 53 random bits, for a seed and a position. */
export function uniform(seed: number, position: number): number {
  const high = hashSeed(seed, position, 0) >>> 5;
  const low = hashSeed(seed, position, 1) >>> 6;
  return (high * 0x4000000 + low) / 0x20000000000000;
}

export interface RandomStream {
  /** In [0, 1). */
  next(): number;
  /** A whole number from 0 to `bound - 1`. */
  integer(bound: number): number;
  /** Standard normal (Box and Muller). */
  normal(): number;
}

/** The stream of a seed made of any number of integers. */
export function createRandom(...seeds: readonly number[]): RandomStream {
  const seed = hashSeed(...seeds);
  let position = 0;
  const next = (): number => uniform(seed, position++);
  return {
    next,
    integer: (bound) => Math.floor(next() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

/** The numbers 0 to `size - 1` in the order of one epoch (Fisher and Yates). */
export function shuffledIndices(size: number, ...seeds: readonly number[]): Uint32Array {
  const random = createRandom(...seeds);
  const indices = Uint32Array.from({ length: size }, (_, index) => index);
  for (let last = size - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    [indices[last], indices[other]] = [indices[other], indices[last]];
  }
  return indices;
}
