import { describe, expect, test } from "vitest";
import {
  drawByWeight,
  type PromptWeighting,
  promptWeight,
  promptWeightings,
  promptWeights,
  wholeBatches,
  withoutDrawn,
} from "../../src/trainer/prompt-weights.ts";
import { fixturesAbsent, readJsonLines } from "./fixtures.ts";

interface AdaptiveSamplerRecord {
  id: string;
  scenario: string;
  inputs: {
    /** Of one prompt, or of each. */
    history?: number[] | Record<string, number[]>;
    prompts?: string[];
    drawn?: number[];
    permutation?: number[];
    batch_size?: number;
    mini_repeat_count?: number;
    repeat_count?: number;
    sample_strategy?: PromptWeighting;
  };
  expected: Record<string, unknown> & {
    raises?: string;
    weights?: number[];
    draws?: number;
    yielded?: number[];
    length?: number;
    history_after?: Record<string, number[]>;
  };
}

const records = readJsonLines<AdaptiveSamplerRecord>("rewards", "adaptive_sampler.jsonl");

/** Upstream's sampler repeats each index for the group, and each batch for the passes over it. */
function yielded(indices: readonly number[], { batch_size = 1, ...inputs }: AdaptiveSamplerRecord["inputs"]) {
  const whole = indices.length < batch_size ? [] : wholeBatches(indices, batch_size);
  const batches = Array.from({ length: whole.length / batch_size }, (_, batch) =>
    whole.slice(batch * batch_size, (batch + 1) * batch_size),
  );
  const times = <Value>(count: number | undefined, values: Value[]): Value[] =>
    Array.from({ length: count ?? 1 }, () => values).flat();
  return batches.flatMap((batch) =>
    times(
      inputs.repeat_count,
      batch.flatMap((index) => times(inputs.mini_repeat_count, [index])),
    ),
  );
}

describe.skipIf(fixturesAbsent)("upstream's adaptive sampler", () => {
  test.each(records.map((record) => [record.id, record.scenario, record] as const))(
    "%s %s",
    (...[, , record]) => {
      const { inputs, expected } = record;
      const { history = {}, prompts = [], permutation } = inputs;
      if (Array.isArray(history)) {
        const weights = promptWeightings.map((weighting) => [weighting, promptWeight(history, weighting)]);
        expect(Object.fromEntries(weights)).toEqual(expected);
        return;
      }
      if (permutation !== undefined) {
        expect(yielded(permutation, inputs)).toEqual(expected.yielded);
        expect(permutation.length * inputs.mini_repeat_count! * inputs.repeat_count!).toBe(expected.length);
        return;
      }
      const histories = new Map(Object.entries(history));
      const draw = () => {
        const weights = promptWeights(prompts, histories, inputs.sample_strategy!);
        return { weights, drawn: drawByWeight(weights, prompts.length, () => 0.5) };
      };
      if (expected.raises !== undefined) {
        expect(draw).toThrow();
        return;
      }
      expect(draw().weights).toEqual(expected.weights);
      const drawn = inputs.drawn!;
      expect(draw().drawn).toHaveLength(expected.draws!);
      expect(yielded(drawn, inputs)).toEqual(expected.yielded);
      const after = withoutDrawn(histories, prompts, wholeBatches(drawn, inputs.batch_size!));
      const known = [...after].filter(([, means]) => means.length > 0);
      expect(Object.fromEntries(known)).toEqual(expected.history_after);
    },
  );
});
