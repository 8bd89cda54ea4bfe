import type { RunEvent } from "../pipeline.ts";
import type { TrainProgress, TrainResult } from "../trainer/train-options.ts";
import { watchInterruption } from "./interruption.ts";
import { createProgress } from "./progress.ts";
import { type Session, trainSession } from "./run-session.ts";
import { silence, type Terminal } from "./terminal.ts";

export interface TrainWithProgressOptions {
  runFolder: string;
  resume: boolean;
  maxSteps?: number;
  terminal: Terminal;
  /** Takes the events instead of the progress display. */
  onEvent?: ((event: RunEvent) => void) | undefined;
  /** Told of the first Ctrl-C. */
  onInterruption?: () => void;
}

/** Trains while telling how it goes. Ctrl-C ends the run after the step in flight, with a checkpoint. */
export async function trainWithProgress(
  session: Session,
  { runFolder, resume, maxSteps, terminal, onEvent, onInterruption }: TrainWithProgressOptions,
): Promise<TrainResult> {
  const { recipe } = session;
  const warmStartSteps = recipe.warmStart?.steps ?? 0;
  const progress = createProgress({
    output: onEvent ? silence : terminal.output,
    warmStartSteps,
    totalSteps: warmStartSteps + recipe.train.steps,
    lastStep: maxSteps,
  });
  const interruption = watchInterruption(() => {
    progress.close();
    terminal.errors.write("stopping after this step; Ctrl-C again quits at once\n");
    onInterruption?.();
  });
  try {
    return await trainSession(session, {
      runFolder,
      resume,
      ...(maxSteps !== undefined && { maxSteps }),
      signal: interruption.signal,
      onEvent: onEvent ?? ((event) => progress.event(event)),
      onProgress: (state) => progress.activity(activityInWords(state)),
    });
  } finally {
    progress.close();
    interruption.close();
  }
}

function activityInWords({ step, phase, sample, evaluation }: TrainProgress): string {
  switch (phase) {
    case "sample":
      return sample
        ? `sampling: ${sample.finished} of ${sample.total} completions, ${sample.completionTokens} tokens`
        : "sampling";
    case "score":
      return "scoring";
    case "learn":
      return "learning";
    case "checkpoint":
      return "writing a checkpoint";
    case "evaluate":
      return evaluation
        ? `evaluating after step ${step}: ${evaluation.done} of ${evaluation.total} problems`
        : `evaluating after step ${step}`;
  }
}
