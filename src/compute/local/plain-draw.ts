import { type Draw, recordChoice, requireFinite } from "./draw.ts";
import { exponential, lowestExponent } from "./exponential.ts";

/** Tokens whose weights are added up together, so that the draw can skip them together. */
const blockSize = 256;

/** Draws from the whole vocabulary. No weight is stored: those of the block that is hit are computed again. */
export function createPlainDraw(vocabularySize: number): Draw {
  const masses = new Float64Array(Math.ceil(vocabularySize / blockSize));

  return (choice, scores, start, largest, inverseTemperature, uniform) => {
    let total = 0;
    let weightedExponents = 0;
    for (let block = 0; block < masses.length; block++) {
      const end = start + Math.min(vocabularySize, (block + 1) * blockSize);
      let mass = 0;
      for (let i = start + block * blockSize; i < end; i++) {
        const exponent = (scores[i] - largest) * inverseTemperature;
        // Also spares 0 * -Infinity where a token is masked.
        if (!(exponent < lowestExponent)) {
          const weight = exponential(exponent);
          mass += weight;
          weightedExponents += weight * exponent;
        }
      }
      masses[block] = mass;
      total += mass;
    }
    requireFinite(total);

    const target = uniform * total;
    let before = 0;
    let hit = 0;
    // `uniform * total` may round up to the total, which nothing exceeds; the last block with a mass is meant then.
    while (before + masses[hit] <= target && before + masses[hit] < total) {
      before += masses[hit++];
    }
    const end = Math.min(vocabularySize, (hit + 1) * blockSize);
    let tokenId = hit * blockSize;
    for (let token = tokenId; token < end && before <= target; token++) {
      const weight = exponential((scores[start + token] - largest) * inverseTemperature);
      before += weight;
      tokenId = weight > 0 ? token : tokenId;
    }
    const exponent = (scores[start + tokenId] - largest) * inverseTemperature;
    recordChoice(choice, tokenId, exponent, total, weightedExponents);
  };
}
