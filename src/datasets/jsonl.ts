import { shown } from "../error-text.ts";
import { DataError, errorMessage } from "../errors.ts";
import { fileLines } from "./file-lines.ts";

/** One row of a data set. */
export interface Row {
  /** Counted from 1: the line of the file that holds the row. */
  number: number;
  columns: Readonly<Record<string, unknown>>;
}

/**
 * All rows of a JSON Lines file in order; blank lines hold none. Throws DataError with file, line and value for a missing
 * file, broken JSON, a row that is not an object, and a file without rows.
 */
export function readJsonLines(file: string): Row[] {
  const rows: Row[] = [];
  let number = 0;
  for (const line of fileLines(file)) {
    number++;
    if (line.trim() !== "") {
      rows.push({ number, columns: parseRow(line, file, number) });
    }
  }
  if (rows.length === 0) {
    throw new DataError(`${file} has no rows; expected one JSON object a line`);
  }
  return rows;
}

function parseRow(line: string, file: string, number: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    const reason = errorMessage(error).replaceAll(/\s+/g, " ");
    throw new DataError(
      `${file} line ${number}: not valid JSON (${reason}); correct or remove ${shown(line)}`,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DataError(`${file} line ${number}: expected a JSON object, found ${shown(value)}`);
  }
  return value as Record<string, unknown>;
}
