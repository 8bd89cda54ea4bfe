import { closeSync, existsSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { syncPath, writeDurably } from "../atomic-file.ts";
import { CheckpointError, errorMessage } from "../errors.ts";
import type { RunEvent } from "../pipeline.ts";

/** Appends to `journal.jsonl`: one event a line, on the disk before `append` returns. */
export interface Journal {
  append(event: RunEvent): void;
  close(): void;
}

/** Opens or begins a journal. A last line that a killed process left unfinished is cut off first. */
export function openJournal(file: string): Journal {
  const whole = existsSync(file) ? parseJournal(file).wholeBytes : 0;
  const descriptor = writing(file, () => {
    const opened = openSync(file, "a");
    ftruncateSync(opened, whole);
    syncPath(path.dirname(file));
    return opened;
  });
  return {
    append(event) {
      writing(file, () => writeDurably(descriptor, [Buffer.from(`${JSON.stringify(event)}\n`)]));
    },
    close: () => closeSync(descriptor),
  };
}

function writing<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CheckpointError(
      `cannot write ${file}: ${errorMessage(error)}; see to the disk and its permissions, then resume`,
    );
  }
}

/** The events of a run as it stands: without a torn last line and without what a resumed run did over. */
export function readJournal(file: string): RunEvent[] {
  return existsSync(file) ? currentEvents(parseJournal(file).events) : [];
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

function parseJournal(file: string): { events: RunEvent[]; wholeBytes: number } {
  const bytes = readFileSync(file);
  const events: RunEvent[] = [];
  let wholeBytes = 0;
  for (let line = 1; wholeBytes < bytes.length; line++) {
    const end = bytes.indexOf("\n", wholeBytes);
    if (end < 0) {
      break;
    }
    const event = parseEvent(bytes.toString("utf8", wholeBytes, end));
    if (event === null) {
      if (end + 1 < bytes.length) {
        throw new CheckpointError(
          `${file}: line ${line} is not an event, though it is not the last line; restore the file or remove that line`,
        );
      }
      break;
    }
    events.push(event);
    wholeBytes = end + 1;
  }
  return { events, wholeBytes };
}

function parseEvent(line: string): RunEvent | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "type" in value ? (value as RunEvent) : null;
  } catch {
    return null;
  }
}
