import type { MicroBatch } from "./micro-batches.ts";
import { settleAll } from "./settle-all.ts";
import type { TrainingPasses } from "./training-pass.ts";

export interface Rounds {
  /** Passes that go side by side. Micro-batch i goes through lane i % lanes, which decides the order of summation. */
  lanes: number;
  /** Layouts whose passes stay compiled, at least `lanes`: so many micro-batches at the most are one round. */
  keptLayouts: number;
}

/**
 * Runs micro-batches and files the log-probabilities of each completion [group][completion], in order. The passes of a
 * round are ready before it begins; then each lane goes through its micro-batches without waiting for the others.
 */
export async function runRounds(
  microBatches: readonly MicroBatch[],
  { lanes, keptLayouts }: Rounds,
  passesFor: (microBatch: MicroBatch) => TrainingPasses,
  file: (group: number, completion: number, logprobs_T: number[]) => void,
): Promise<void> {
  const size = keptLayouts - (keptLayouts % lanes);
  for (let first = 0; first < microBatches.length; first += size) {
    const round = microBatches.slice(first, first + size);
    for (const { group, completion, logprobs_T } of (await runRound(round, lanes, passesFor)).flat()) {
      file(group, completion, logprobs_T);
    }
  }
}

interface CompletionLogprobs {
  group: number;
  completion: number;
  logprobs_T: number[];
}

/** The log-probabilities of each micro-batch. A lane begins no further pass once another has failed. */
async function runRound(
  round: readonly MicroBatch[],
  lanes: number,
  passesFor: (microBatch: MicroBatch) => TrainingPasses,
): Promise<CompletionLogprobs[][]> {
  const passes = round.map(passesFor);
  const found: CompletionLogprobs[][] = [];
  let failed = false;
  const runLane = async (lane: number): Promise<void> => {
    for (let index = lane; index < round.length && !failed; index += lanes) {
      try {
        found[index] = completionLogprobs(await passes[index].lanes[lane].run(round[index]), round[index]);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await settleAll(Array.from({ length: lanes }, (_, lane) => runLane(lane)));
  return found;
}

/** Copies the completions' log-probabilities out of a pass's values, which its next run overwrites. */
function completionLogprobs(values: Float32Array, { slices, layout }: MicroBatch): CompletionLogprobs[] {
  return slices.flatMap(({ group, completions }, prompt) =>
    completions.map(({ index, completion }, member) => {
      const start = (prompt * layout.completions + member) * layout.completionLength;
      const logprobs_T = Array.from(values.subarray(start, start + completion.tokenIds.length));
      return { group, completion: index, logprobs_T };
    }),
  );
}
