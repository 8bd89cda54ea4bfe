import { z } from "zod";
import { shown } from "../../error-text.ts";
import type { Problem } from "../../pipeline.ts";
import type { Compat } from "../compat.ts";
import { type Language, languageOf } from "./language.ts";

export interface ProgramTest {
  input: string;
  output: string;
}

export interface ProgramTests {
  language: Language;
  tests: readonly ProgramTest[];
}

const shape = z.object({
  language: z.string().optional(),
  test_cases: z.array(
    z.object({
      input: z.string(),
      output: z.string(),
      type: z.string().nullish(),
      fn_name: z.string().nullish(),
    }),
  ),
});

/**
 * The tests in a problem's column, an object or its JSON. Throws an error that names what is wrong with them, or a language
 * that cannot be run.
 */
export function programTests(
  { columns }: Problem,
  { column, language, compat }: { column: string; language?: Language | undefined; compat?: Compat },
): ProgramTests {
  const given = columns?.[column];
  const value = typeof given === "string" ? parsed(given) : given;
  const result = shape.safeParse(value);
  if (!result.success) {
    const place = [column, ...(result.error.issues[0]?.path ?? [])].join(".");
    throw new Error(
      `no tests in column ${column}: ${shown(value)} at ${place}; expected {"language": ..., "test_cases": [{"input": ..., "output": ...}]}`,
    );
  }
  const { test_cases: tests, language: named = "python" } = result.data;
  if (compat !== "upstream") {
    const other = tests.find(({ type, fn_name }) => (type ?? "stdin_stdout") !== "stdin_stdout" || fn_name);
    if (other !== undefined) {
      throw new Error(
        `tests of column ${column} call a function, and do not read and write: ${shown(other)}`,
      );
    }
    if (tests.length === 0) {
      throw new Error(`column ${column} has no tests`);
    }
  }
  return { language: language ?? languageOf(named), tests };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
