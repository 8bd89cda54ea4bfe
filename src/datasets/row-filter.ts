import { z } from "zod";
import { DataError } from "../errors.ts";
import { valueAt } from "../value-at.ts";
import type { Columns } from "./row.ts";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/**
 * A condition on one column; all that are given have to hold. `column`: a name, with dots for values within records.
 * `equals`, `in`: compared as they are, or as text where a file holds text. `matches`: a regular expression found in the
 * text. `min`, `max`: a number from and to which the value counts, ends included. `not`: turns the condition round.
 */
export const rowCondition = z
  .strictObject({
    column: z.string().min(1),
    equals: scalar.optional(),
    in: z.array(scalar).min(1).optional(),
    matches: z.string().refine(isPattern, "it has to be a regular expression").optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    not: z.boolean().default(false),
  })
  .refine(
    ({ column: _column, not: _not, ...tests }) => Object.values(tests).some((test) => test !== undefined),
    "it needs one of equals, in, matches, min and max",
  );

export type RowCondition = z.output<typeof rowCondition>;

/** True for rows that satisfy every condition; a missing column satisfies none but `not`. */
export function createRowFilter(conditions: readonly RowCondition[]): (columns: Columns) => boolean {
  const tests = conditions.map(createTest);
  return (columns) => tests.every((test) => test(columns));
}

function createTest(condition: RowCondition): (columns: Columns) => boolean {
  const { column, matches, min, max, not } = condition;
  const path = column.split(".");
  const pattern = matches === undefined ? null : new RegExp(matches, "u");
  const holds = (value: unknown): boolean =>
    (condition.equals === undefined || isSame(value, condition.equals)) &&
    (condition.in === undefined || condition.in.some((one) => isSame(value, one))) &&
    (pattern === null || (isText(value) && pattern.test(String(value)))) &&
    (min === undefined || toNumber(value) >= min) &&
    (max === undefined || toNumber(value) <= max);
  return (columns) => holds(columnValue(columns, column, path)) !== not;
}

function columnValue(columns: Columns, column: string, path: readonly string[] = column.split(".")): unknown {
  return Object.hasOwn(columns, column) ? columns[column] : valueAt(columns, path);
}

/** Watches rows for the columns that conditions name. */
export interface ColumnWatch {
  see(columns: Columns): void;
  /** Throws DataError if rows were seen and none had one of the columns: it is misspelt more likely than missing. */
  check(path: string): void;
}

export function watchColumns(conditions: readonly RowCondition[]): ColumnWatch {
  const unseen = new Set(conditions.map(({ column }) => column));
  let present: string | undefined;
  return {
    see(columns) {
      present ??= Object.keys(columns).join(", ");
      for (const column of unseen) {
        if (columnValue(columns, column) !== undefined) {
          unseen.delete(column);
        }
      }
    },
    check(path) {
      const [column] = unseen;
      if (column !== undefined && present !== undefined) {
        throw new DataError(
          `${path}: no row has column "${column}", which "filter" names (columns: ${present})`,
        );
      }
    },
  };
}

const isText = (value: unknown): boolean => ["string", "number", "boolean"].includes(typeof value);

/** A CSV file holds the number 5 as the text "5". */
const isSame = (value: unknown, wanted: string | number | boolean | null): boolean =>
  value === wanted || (typeof value === "string" && wanted !== null && value === String(wanted));

function toNumber(value: unknown): number {
  if (typeof value === "number") {
    return value;
  }
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}
