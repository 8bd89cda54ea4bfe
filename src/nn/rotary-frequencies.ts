/** Llama 3.1's stretch of the slow rotations over a longer context: `rope_type` "llama3". */
export interface Llama3Scaling {
  factor: number;
  lowFrequencyFactor: number;
  highFrequencyFactor: number;
  /** Positions of the context that the model was first trained with. */
  originalPositions: number;
}

export interface RotaryEmbedding {
  theta: number;
  /** null leaves the frequencies as theta gives them. */
  scaling: Llama3Scaling | null;
}

/** Radians per position of each of the headSize / 2 pairs, rounded to float32 wherever transformers rounds. */
export function rotaryFrequencies({ theta, scaling }: RotaryEmbedding, headSize: number): number[] {
  const { fround } = Math;
  const frequencies = Array.from({ length: headSize / 2 }, (_, pair) =>
    fround(1 / fround(theta ** fround((2 * pair) / headSize))),
  );
  return scaling === null ? frequencies : frequencies.map((frequency) => rescaled(frequency, scaling));
}

/** As `_compute_llama3_parameters` of transformers: short waves stay, long ones stretch, those between are mixed. */
function rescaled(
  frequency: number,
  { factor, lowFrequencyFactor, highFrequencyFactor, originalPositions }: Llama3Scaling,
): number {
  const { fround } = Math;
  const wavelength = fround((2 * Math.PI) / frequency);
  if (wavelength < fround(originalPositions / highFrequencyFactor)) {
    return frequency;
  }
  if (wavelength > fround(originalPositions / lowFrequencyFactor)) {
    return fround(frequency / factor);
  }
  const turns = fround(originalPositions / wavelength);
  const kept = fround(fround(turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor));
  const stretched = fround(fround(fround(1 - kept) * frequency) / factor);
  return fround(stretched + fround(kept * frequency));
}
