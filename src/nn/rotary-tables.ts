/** Cosines and sines of rotary position embedding, each [positions, headSize / 2] row-major. */
export interface RotaryTables {
  cosines: Float32Array;
  sines: Float32Array;
}

/** Angle p * frequencies[i] for position p and pair i, rounded to float32 where transformers rounds. */
export function rotaryTables(frequencies: readonly number[], positions: number): RotaryTables {
  const half = frequencies.length;
  const cosines = new Float32Array(positions * half);
  const sines = new Float32Array(positions * half);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]);
      cosines[position * half + i] = Math.cos(angle);
      sines[position * half + i] = Math.sin(angle);
    }
  }
  return { cosines, sines };
}
