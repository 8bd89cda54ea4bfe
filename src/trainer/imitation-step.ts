import { weighDemonstrations } from "../algorithms/sft.ts";
import { DataError } from "../errors.ts";
import type { StepRecord } from "../pipeline.ts";
import { drawPrompts } from "./draw-prompts.ts";
import { learn } from "./learn.ts";
import { startPhaseClock } from "./phase-clock.ts";
import type { StepContext } from "./train-step.ts";

/** One step of imitation: problems -> demonstrations -> forward and backward -> optimizer. */
export async function imitationStep(
  context: StepContext,
  stage: StepRecord["stage"],
  batchSize: number,
): Promise<StepRecord> {
  const { options, step, cursor, learningRate, progress, warn } = context;
  const { codec, learner, task } = options;
  const clock = startPhaseClock();
  const demonstrations = drawPrompts(cursor, batchSize, codec, options, warn).map(({ problem, tokenIds }) => {
    if (problem.demonstration === undefined) {
      throw new DataError(
        `problem ${problem.id} of task ${task.name} has no demonstration to imitate; ${wayOut[stage]}`,
      );
    }
    return { promptTokenIds: tokenIds, tokenIds: codec.encodeCompletion(problem.demonstration) };
  });
  progress("learn");
  const update = await clock.time("learn", () =>
    learn(learner, weighDemonstrations(demonstrations), learningRate),
  );
  return { stage, step, learningRate, ...update, seconds: clock.read(), signal: null, rollouts: null };
}

const wayOut: Readonly<Record<StepRecord["stage"], string>> = {
  "warm-start": "set the warm start's steps to 0",
  train: "give the task its demonstrations (solutionColumn of task math), or another algorithm",
};
