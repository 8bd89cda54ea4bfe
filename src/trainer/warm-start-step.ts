import { weighDemonstrations } from "../algorithms/sft.ts";
import { DataError } from "../errors.ts";
import type { StepRecord } from "../pipeline.ts";
import { drawPrompts } from "./draw-prompts.ts";
import { learn } from "./learn.ts";
import { startPhaseClock } from "./phase-clock.ts";
import type { StepContext } from "./train-step.ts";

/** One step of imitation: problems -> demonstrations -> forward and backward -> optimizer. */
export async function warmStartStep(context: StepContext, batchSize: number): Promise<StepRecord> {
  const { options, step, cursor, learningRate, progress, warn } = context;
  const { codec, learner, task } = options;
  const clock = startPhaseClock();
  const demonstrations = drawPrompts(cursor, batchSize, codec, options, warn).map(({ problem, tokenIds }) => {
    if (problem.demonstration === undefined) {
      throw new DataError(
        `problem ${problem.id} of task ${task.name} has no demonstration to imitate; set the warm start's steps to 0`,
      );
    }
    return { promptTokenIds: tokenIds, tokenIds: codec.encodeCompletion(problem.demonstration) };
  });
  progress("learn");
  const update = await clock.time("learn", () =>
    learn(learner, weighDemonstrations(demonstrations), learningRate),
  );
  const stage = "warm-start";
  return { stage, step, learningRate, ...update, seconds: clock.read(), signal: null, rollouts: null };
}
