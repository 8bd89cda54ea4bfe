import { flatten } from "../../flatten.ts";
import type { RunEvent } from "../../pipeline.ts";

/** What an event measured, by the names of the journal with slashes between: `train/loss`, `signal/alpha`, `held-out/accuracy`. */
export function scalarsOf(event: RunEvent): Record<string, number> {
  if (event.type === "evaluation") {
    return numbersIn({ [event.label]: event.metrics });
  }
  if (event.type === "step") {
    const { type, time, step, stage, metrics, seconds, signal, rollouts, ...own } = event;
    return numbersIn({ [stage]: { ...own, ...metrics }, seconds, ...(signal && { signal, rollouts }) });
  }
  return {};
}

function numbersIn(measured: Readonly<Record<string, unknown>>): Record<string, number> {
  const numbers = Object.entries(flatten(measured, "/")).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  return Object.fromEntries(numbers);
}
