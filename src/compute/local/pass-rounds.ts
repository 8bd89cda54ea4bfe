import type { MicroBatch } from "./micro-batches.ts";
import { settleAll } from "./settle-all.ts";
import type { TrainingPasses } from "./training-pass.ts";

/** Runs micro-batches, `lanes` of them side by side, and files the log-probabilities of each completion [group][completion]. */
export async function runRounds(
  microBatches: readonly MicroBatch[],
  lanes: number,
  passesFor: (microBatch: MicroBatch) => TrainingPasses,
  file: (group: number, completion: number, logprobs_T: number[]) => void,
): Promise<void> {
  for (let first = 0; first < microBatches.length; first += lanes) {
    const round = microBatches.slice(first, first + lanes);
    const passes = round.map(passesFor);
    const values = await settleAll(round.map((microBatch, lane) => passes[lane].lanes[lane].run(microBatch)));
    round.forEach((microBatch, lane) => {
      fileLogprobs(values[lane], microBatch, file);
    });
  }
}

function fileLogprobs(
  values: Float32Array,
  { slices, layout }: MicroBatch,
  file: (group: number, completion: number, logprobs_T: number[]) => void,
): void {
  slices.forEach(({ group, completions }, prompt) => {
    completions.forEach(({ index, completion }, member) => {
      const start = (prompt * layout.completions + member) * layout.completionLength;
      file(group, index, Array.from(values.subarray(start, start + completion.tokenIds.length)));
    });
  });
}
