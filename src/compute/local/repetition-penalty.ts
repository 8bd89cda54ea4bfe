/** Scores after the penalty, [V] from place 0 on; valid until the next call. */
export type RepetitionPenalty = (
  logits: Float32Array,
  start: number,
  promptTokenIds: readonly number[],
  completionTokenIds: readonly number[],
) => Float32Array;

/** Divides positive and multiplies negative logits of tokens already seen, once each (Keskar et al., 2019). */
export function createRepetitionPenalty(penalty: number, vocabularySize: number): RepetitionPenalty {
  const scores = new Float32Array(vocabularySize);
  return (logits, start, promptTokenIds, completionTokenIds) => {
    scores.set(logits.subarray(start, start + vocabularySize));
    for (const tokenIds of [promptTokenIds, completionTokenIds]) {
      for (let t = 0; t < tokenIds.length; t++) {
        const token = tokenIds[t];
        const logit = logits[start + token];
        scores[token] = logit < 0 ? logit * penalty : logit / penalty;
      }
    }
    return scores;
  };
}
