import { statSync, truncateSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/support/temporary-folder.ts";
import { type LogFormat, openAppendLog, readAppendLog } from "./append-log.ts";

const texts: LogFormat<string> = {
  noun: "a text",
  parse: (value) => (typeof value === "string" ? value : null),
};

function append(file: string, entries: readonly string[]): void {
  const log = openAppendLog(file, texts);
  for (const entry of entries) {
    log.append(entry);
  }
  log.close();
}

test("lines longer than what is read at once are whole, and a torn one is cut off", () => {
  const file = path.join(temporaryFolder(), "log.jsonl");
  const entries = ["short", "ä𝟙".repeat(900_000), "", "x".repeat(2 ** 20), "end"];
  append(file, entries);
  expect([...readAppendLog(file, texts)]).toEqual(entries);
  truncateSync(file, statSync(file).size - 20);
  expect([...readAppendLog(file, texts)]).toEqual(entries.slice(0, 3));
  append(file, ["again"]);
  expect([...readAppendLog(file, texts)]).toEqual([...entries.slice(0, 3), "again"]);
});
