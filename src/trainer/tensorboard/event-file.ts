import { closeSync, mkdirSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { writeFailure, writing } from "../../atomic-file.ts";
import { isMissingPath } from "../../missing-path.ts";
import type { RunEvent } from "../../pipeline.ts";
import { EventSchema, SessionLog_SessionStatus } from "./event_pb.ts";
import { framed } from "./framed.ts";
import { scalarsOf } from "./scalars.ts";

/** The numbers of a run for TensorBoard. The journal is the record of the run; this is a view of it. */
export interface EventFile {
  append(event: RunEvent): void;
  close(): void;
}

/** Begins a file: each process writes its own. Throws CheckpointError where it cannot be written. */
export function openEventFile(folder: string): EventFile {
  const file = path.join(folder, nextName(folder));
  const descriptor = writing(file, () => {
    mkdirSync(folder, { recursive: true });
    return openSync(file, "wx");
  });
  const write = (time: number, message: MessageInitShape<typeof EventSchema>): void => {
    const data = toBinary(EventSchema, create(EventSchema, { ...message, wallTime: time / 1000 }));
    writing(file, () => writeFileSync(descriptor, framed(data)));
  };
  write(Date.now(), { what: { case: "fileVersion", value: "brain.Event:2" } });
  return {
    append(event) {
      const time = Date.parse(event.time);
      if (event.type === "run-resumed") {
        // What earlier files have from this step on was lost and is done again.
        const status = SessionLog_SessionStatus.START;
        write(time, { step: BigInt(event.step + 1), what: { case: "sessionLog", value: { status } } });
      }
      const value = Object.entries(scalarsOf(event)).map(([tag, scalar]) => ({
        tag,
        value: { case: "simpleValue" as const, value: scalar },
      }));
      if (value.length > 0 && "step" in event) {
        write(time, { step: BigInt(event.step), what: { case: "summary", value: { value } } });
      }
    },
    close: () => closeSync(descriptor),
  };
}

/** TensorBoard reads the files of a folder in the order of their names. */
function nextName(folder: string): string {
  const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0");
  const index = String(eventFilesIn(folder).length).padStart(4, "0");
  return `events.out.tfevents.${seconds}.${index}.${hostname()}`;
}

function eventFilesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isMissingPath(error)) {
      return [];
    }
    throw writeFailure(folder, error);
  }
}
