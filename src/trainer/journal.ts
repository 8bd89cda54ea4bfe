import { type AppendLog, type LogFormat, openAppendLog, readAppendLog } from "../append-log.ts";
import type { RunEvent } from "../pipeline.ts";

/** Appends to `journal.jsonl`: one event a line, on the disk before `append` returns. */
export type Journal = AppendLog<RunEvent>;

const eventFormat: LogFormat<RunEvent> = {
  noun: "an event",
  parse: (value) =>
    typeof value === "object" && value !== null && "type" in value ? (value as RunEvent) : null,
};

/** Opens or begins a journal. A last line that a killed process left unfinished is cut off first. */
export function openJournal(file: string): Journal {
  return openAppendLog(file, eventFormat);
}

/** The events of a run as it stands: without a torn last line and without what a resumed run did over. */
export function readJournal(file: string): RunEvent[] {
  return currentEvents([...readAppendLog(file, eventFormat)]);
}

/** Drops the events of steps that were lost to a kill and done again, and the ends that were not the end. */
export function currentEvents(events: readonly RunEvent[]): RunEvent[] {
  let current: RunEvent[] = [];
  for (const event of events) {
    if (event.type === "run-resumed") {
      current = current.filter((earlier) => !isSuperseded(earlier, event.step));
    }
    current.push(event);
  }
  return current;
}

function isSuperseded(event: RunEvent, resumedStep: number): boolean {
  return event.type === "run-finished" || ("step" in event && event.step > resumedStep);
}
