import { createInterface } from "node:readline";
import { shown } from "../error-text.ts";
import { ConfigError, DataError, errorMessage } from "../errors.ts";
import type { TextInput } from "./terminal.ts";

/** One line of standard input. */
export interface InputRow {
  /** Counted from 1. */
  line: number;
  columns: Readonly<Record<string, unknown>>;
}

/**
 * The JSON objects of standard input, one a line; blank lines hold none. Throws ConfigError where a person sits at a
 * terminal, DataError with line and value for anything but objects.
 */
export async function* readInputRows(input: TextInput | undefined, what: string): AsyncGenerator<InputRow> {
  if (input === undefined || input.isTTY) {
    throw new ConfigError(`${what} are read from standard input, one JSON object a line; add < FILE.jsonl`);
  }
  let line = 0;
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    if (text.trim() !== "") {
      yield { line, columns: parseRow(text, line) };
    }
  }
}

function parseRow(text: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = errorMessage(error).replaceAll(/\s+/g, " ");
    throw new DataError(
      `standard input line ${line}: not valid JSON (${reason}); correct or remove ${shown(text)}`,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DataError(`standard input line ${line}: expected a JSON object, found ${shown(value)}`);
  }
  return value as Record<string, unknown>;
}
