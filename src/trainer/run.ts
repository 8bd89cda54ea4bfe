import type { RunEvent } from "../pipeline.ts";
import type { RunPaths } from "./run-folder.ts";
import type { TrainOptions } from "./train-options.ts";

/** An event before it has a time. */
export type UntimedEvent = RunEvent extends infer Event
  ? Event extends RunEvent
    ? Omit<Event, "time">
    : never
  : never;

/** What the parts of the trainer share for the length of a run. */
export interface Run {
  options: TrainOptions;
  paths: RunPaths;
  /** Both stages together. */
  totalSteps: number;
  warmStartSteps: number;
  /** Writes the event to the journal, then tells the caller. */
  emit: (event: UntimedEvent) => void;
}
