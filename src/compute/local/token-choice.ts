import { ConfigError } from "../../errors.ts";
import { type SamplingParameters, temperatures } from "../sampler.ts";
import { requireFinite, type TokenChoice } from "./draw.ts";
import { createFilteredDraw, filtersAnything } from "./filtered-draw.ts";
import { createPlainDraw } from "./plain-draw.ts";
import { createRepetitionPenalty } from "./repetition-penalty.ts";

export type TokenChoiceParameters = Omit<SamplingParameters, "maxTokens" | "stop">;

/**
 * Chooses from row `row` of `logits` [rows, V]; `uniform`, a number in [0, 1), decides alone. The same object is returned
 * every time: read it before the next call.
 */
export type TokenChooser = (
  logits: Float32Array,
  row: number,
  promptTokenIds: readonly number[],
  completionTokenIds: readonly number[],
  uniform: number,
) => Readonly<TokenChoice>;

/** Penalty, temperature and filters as in transformers' `generate`, but in float64; temperature 0 takes the lowest of the best ids. */
export function createTokenChooser(parameters: TokenChoiceParameters, vocabularySize: number): TokenChooser {
  checkParameters(parameters);
  const { temperature, repetitionPenalty } = parameters;
  const choice: TokenChoice = { tokenId: 0, logprob: 0, entropy: 0 };
  const inverseTemperature = 1 / temperature;
  const penalize =
    repetitionPenalty === 1 ? null : createRepetitionPenalty(repetitionPenalty, vocabularySize);
  const draw = filtersAnything(parameters, vocabularySize)
    ? createFilteredDraw(parameters, vocabularySize)
    : createPlainDraw(vocabularySize);

  return (logits, row, promptTokenIds, completionTokenIds, uniform) => {
    let scores = logits;
    let start = row * vocabularySize;
    if (penalize !== null) {
      scores = penalize(logits, start, promptTokenIds, completionTokenIds);
      start = 0;
    }
    const best = indexOfLargest(scores, start, vocabularySize);
    const largest = scores[best];
    requireFinite(largest);
    if (temperature === 0) {
      choice.tokenId = best - start;
    } else {
      draw(choice, scores, start, largest, inverseTemperature, uniform);
    }
    return choice;
  };
}

function indexOfLargest(values: Float32Array, start: number, size: number): number {
  let best = start;
  let largest = values[start];
  for (let i = start + 1; i < start + size; i++) {
    const value = values[i];
    if (value > largest) {
      largest = value;
      best = i;
    }
  }
  return best;
}

const ranges: Record<keyof TokenChoiceParameters, { holds: (value: number) => boolean; range: string }> = {
  temperature: temperatures,
  topK: { holds: (value) => value >= 0 && Number.isInteger(value), range: "a whole number, 0 for no limit" },
  topP: { holds: (value) => value >= 0 && value <= 1, range: "from 0 to 1" },
  minP: { holds: (value) => value >= 0 && value <= 1, range: "from 0 to 1" },
  repetitionPenalty: { holds: (value) => value > 0 && Number.isFinite(value), range: "above 0" },
};

function checkParameters(parameters: TokenChoiceParameters): void {
  for (const [name, { holds, range }] of Object.entries(ranges)) {
    const value = parameters[name as keyof TokenChoiceParameters];
    if (!holds(value)) {
      throw new ConfigError(`sampling.${name} is ${value}; it must be ${range}`);
    }
  }
}
