import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { CheckpointError } from "../errors.ts";
import type { RunEvent } from "../pipeline.ts";
import { currentEvents, openJournal, readJournal } from "./journal.ts";

const time = "2026-01-01T00:00:00.000Z";
const warning = (step: number, message: string): RunEvent => ({ time, type: "warning", step, message });
const resumed = (step: number): RunEvent => ({ time, type: "run-resumed", step, totalSteps: 9 });

function write(file: string, events: readonly RunEvent[]): void {
  const journal = openJournal(file);
  for (const event of events) {
    journal.append(event);
  }
  journal.close();
}

test("cut at any byte, it keeps the whole lines and can be continued", () => {
  const file = path.join(temporaryFolder(), "journal.jsonl");
  const events = ["one", "zwölf 𝟙", 'a "quote"\nand a line'].map((message, step) => warning(step, message));
  write(file, events);
  const bytes = readFileSync(file);
  for (let length = 0; length <= bytes.length; length++) {
    writeFileSync(file, bytes.subarray(0, length));
    const whole = bytes.subarray(0, length).filter((byte) => byte === 10).length;
    expect(readJournal(file)).toEqual(events.slice(0, whole));
    write(file, [warning(7, "after")]);
    expect(readJournal(file)).toEqual([...events.slice(0, whole), warning(7, "after")]);
  }
});

test("a last line of garbage is cut off as well", () => {
  const file = path.join(temporaryFolder(), "journal.jsonl");
  for (const garbage of ["\0\0\0\0", "\0\0\0\n", '{"type":"warn\n', "null\n", "17\n"]) {
    writeFileSync(file, `${JSON.stringify(warning(1, "sound"))}\n${garbage}`);
    expect(readJournal(file)).toEqual([warning(1, "sound")]);
    write(file, [warning(2, "next")]);
    expect(readJournal(file)).toEqual([warning(1, "sound"), warning(2, "next")]);
    writeFileSync(file, "");
  }
});

test("garbage in the middle is named, not skipped", () => {
  const file = path.join(temporaryFolder(), "journal.jsonl");
  writeFileSync(
    file,
    `${JSON.stringify(warning(1, "sound"))}\ngarbage\n${JSON.stringify(warning(2, "sound"))}\n`,
  );
  expect(() => readJournal(file)).toThrow(CheckpointError);
  expect(() => readJournal(file)).toThrow("line 2");
});

test("a journal that cannot be written is a clear error", () => {
  expect(() => openJournal("/dev/null/journal.jsonl")).toThrow(CheckpointError);
  expect(() => openJournal("/dev/null/journal.jsonl")).toThrow("cannot write /dev/null/journal.jsonl");
});

test("no journal has no events", () => {
  expect(readJournal(path.join(temporaryFolder(), "journal.jsonl"))).toEqual([]);
});

test("of steps that were done again, only the last version counts", () => {
  const finished: RunEvent = { time, type: "run-finished", step: 3, seconds: 1 };
  const started: RunEvent = {
    time,
    type: "run-started",
    recipe: "r",
    model: "m",
    parameters: 1,
    seed: 1,
    totalSteps: 9,
  };
  expect(
    currentEvents([
      started,
      warning(1, "stays"),
      warning(2, "lost"),
      resumed(1),
      warning(2, "again"),
      warning(3, "lost"),
      finished,
      resumed(2),
      warning(3, "again"),
      finished,
    ]),
  ).toEqual([
    started,
    warning(1, "stays"),
    resumed(1),
    warning(2, "again"),
    resumed(2),
    warning(3, "again"),
    finished,
  ]);
});

test("however often a run is resumed, each step is there once", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 6 }), (parts) => {
      const events: RunEvent[] = [];
      let reached = 0;
      for (const [back, forward] of parts) {
        const from = Math.max(0, reached - back);
        events.push(resumed(from));
        for (let step = from + 1; step <= from + forward; step++) {
          events.push(warning(step, ""));
        }
        reached = from + forward;
      }
      const steps = currentEvents(events).flatMap((event) => (event.type === "warning" ? [event.step] : []));
      expect(steps).toEqual(Array.from({ length: reached }, (_, index) => index + 1));
    }),
  );
});
