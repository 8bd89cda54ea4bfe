import { formatCount, formatDuration, plural } from "../format.ts";
import { type TextOutput, writeJson } from "../terminal.ts";
import { checkComparison } from "./comparison-record.ts";
import type { ComparisonPlan, PlannedRun } from "./plan.ts";
import { type RunState, readRunState } from "./run-outcome.ts";

/** What a run will take; `seconds` is null as long as no run like it is finished. */
interface RunForecast {
  run: PlannedRun;
  state: RunState;
  steps: number;
  /** At most: without those of resampling. */
  samples: number;
  seconds: number | null;
}

/** Lists the runs of a comparison and what is left of them, from what finished runs took. */
export function dryRunComparison(
  plan: ComparisonPlan,
  { json, output }: { json: boolean; output: TextOutput },
): void {
  checkComparison(plan);
  const states = plan.runs.map((run) => ({ run, state: readRunState(run) }));
  const forecasts = states.map(({ run, state }): RunForecast => {
    const { train, warmStart, algorithm } = run.recipe;
    const samplesPerStep =
      algorithm.name === "sft" ? train.promptsPerStep : train.promptsPerStep * train.completionsPerPrompt;
    const samples = train.steps * samplesPerStep + (warmStart ? warmStart.steps * warmStart.batchSize : 0);
    return {
      run,
      state,
      steps: train.steps + (warmStart?.steps ?? 0),
      samples: Math.min(samples, train.budget?.samples ?? samples),
      seconds: state.kind === "finished" ? 0 : expectedSeconds(run, states),
    };
  });
  if (json) {
    for (const { run, state, steps, samples, seconds } of forecasts) {
      writeJson(output, { type: "run", run: run.id, state: state.kind, steps, samples, seconds });
    }
    return;
  }
  const width = Math.max(...forecasts.map(({ run }) => run.id.length)) + 2;
  for (const { run, state, steps, samples, seconds } of forecasts) {
    const standing = state.kind === "begun" ? `after step ${state.step}` : state.kind;
    const time = seconds === null || state.kind === "finished" ? "" : `, about ${formatDuration(seconds)}`;
    output.write(
      `${run.id.padEnd(width)}${standing.padEnd(18)}${plural(steps, "step")}, ${formatCount(samples)} samples${time}\n`,
    );
  }
  const left = forecasts.filter(({ state }) => state.kind !== "finished");
  const known = left.flatMap(({ seconds }) => seconds ?? []);
  const total = known.reduce((sum, seconds) => sum + seconds, 0);
  const time =
    known.length < left.length
      ? "how long they take is known once a run of each arm is finished"
      : `about ${formatDuration(total)}`;
  output.write(
    left.length === 0
      ? "all runs are finished\n"
      : `${plural(left.length, "run")} of ${forecasts.length} to go: ${time}\n`,
  );
}

/** The mean of the same arm's finished runs, evaluations included. */
function expectedSeconds(
  run: PlannedRun,
  states: readonly { run: PlannedRun; state: RunState }[],
): number | null {
  const taken = states.flatMap(({ run: other, state }) =>
    other.arm === run.arm && state.kind === "finished"
      ? [state.outcome.seconds.total + state.outcome.seconds.evaluate]
      : [],
  );
  return taken.length === 0 ? null : taken.reduce((sum, seconds) => sum + seconds, 0) / taken.length;
}
