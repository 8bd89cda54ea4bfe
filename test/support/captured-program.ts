import { Readable } from "node:stream";
import { runProgram } from "../../src/cli/program.ts";
import type { TextInput } from "../../src/cli/terminal.ts";

export interface ProgramResult {
  code: number;
  output: string;
  errors: string;
}

/** The program in this process, on nothing or on a text that comes through a pipe. */
export async function capturedProgram(args: readonly string[], piped?: string): Promise<ProgramResult> {
  const written = { output: "", errors: "" };
  const code = await runProgram([...args], {
    output: { write: (text) => (written.output += text) },
    errors: { write: (text) => (written.errors += text) },
    ...(piped !== undefined && { input: Readable.from([piped]) as TextInput }),
  });
  return { code, ...written };
}

/** One row a line: objects as JSON, texts as they are. */
export function lines(rows: readonly (object | string)[]): string {
  return rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n");
}
