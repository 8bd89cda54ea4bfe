import type { z } from "zod";
import { shown } from "../../error-text.ts";
import { DataError } from "../../errors.ts";
import { valueAt } from "../../value-at.ts";
import type { EvaluationRow } from "./evaluation-scorer.ts";

/** The rows with the fields that a scorer reads. Throws DataError naming scorer, row, field and value. */
export function checkedRows<Schema extends z.ZodType>(
  scorer: string,
  schema: Schema,
  rows: readonly EvaluationRow[],
): z.output<Schema>[] {
  return rows.map((row, index) => {
    const result = schema.safeParse(row);
    if (result.success) {
      return result.data;
    }
    const { path, message } = result.error.issues[0]!;
    throw new DataError(
      `${scorer} row ${index + 1}: "${path.join(".")}" cannot be ${shown(valueAt(row, path))}: ${message}`,
    );
  });
}

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((total, value) => total + value, 0) / values.length;
