import { ConfigError } from "../errors.ts";
import { evaluate, greedy } from "../eval/evaluate.ts";
import type { Problem } from "../pipeline.ts";
import { isOver } from "./budget.ts";
import { promptWithinLimit } from "./draw-prompts.ts";
import { readJournal } from "./journal.ts";
import type { Run } from "./run.ts";
import type { TrainerState } from "./trainer-state.ts";

/** Evaluates the policy where the run's plan says so, once a step, however often the run is resumed. */
export interface HeldOutEvaluation {
  /** True where the plan says so and it was not done yet. */
  isDue(state: TrainerState): boolean;
  runIfDue(state: TrainerState): Promise<void>;
}

/** Encodes every prompt at once, so that one over the limit ends the run at its start and not in its middle. */
export function planEvaluation(run: Run, step: number): HeldOutEvaluation | null {
  const { evaluate: plan, task, codec } = run.options;
  if (!plan) {
    return null;
  }
  if (task.heldOut.size === 0) {
    throw new ConfigError(`task ${task.name} has no held-out problems to evaluate on; switch evaluation off`);
  }
  const warn = (message: string) => run.emit({ type: "warning", step, message });
  const size = Math.min(plan.problems, task.heldOut.size);
  const problems = Array.from({ length: size }, (_, index) => task.heldOut.at(index)).filter(
    (problem) => promptWithinLimit(codec, problem, run.options, warn) !== null,
  );
  const done = new Set(
    readJournal(run.paths.journal).flatMap((event) => (event.type === "evaluation" ? [event.step] : [])),
  );
  const isPlanned = (state: TrainerState): boolean => {
    const { step } = state;
    if (step === 0) {
      return plan.atStart;
    }
    const endsStage = step === run.warmStartSteps || isOver(run, state);
    return endsStage || (plan.every > 0 && step % plan.every === 0);
  };
  const isDue = (state: TrainerState): boolean => isPlanned(state) && !done.has(state.step);
  return {
    isDue,
    async runIfDue(state) {
      if (isDue(state)) {
        done.add(state.step);
        await evaluateHeldOut(run, state, problems);
      }
    },
  };
}

async function evaluateHeldOut(run: Run, state: TrainerState, problems: readonly Problem[]): Promise<void> {
  const { sampler, codec, task, sampling, seed, onProgress } = run.options;
  const { step, stage } = state;
  const start = performance.now();
  const { metrics } = await evaluate({
    sampler,
    codec,
    task,
    problems,
    sampling: greedy(sampling),
    seed,
    onProgress: (evaluation) => onProgress?.({ step, stage, phase: "evaluate", evaluation }),
  });
  const seconds = (performance.now() - start) / 1000;
  run.emit({ type: "evaluation", step, label: "held-out", problems: problems.length, metrics, seconds });
}
