import { transformSync } from "@swc/wasm-typescript";

interface SyntaxProblem {
  message: string;
  /** Counts from 1. */
  startLine: number;
}

/**
 * TypeScript as JavaScript: types become white space, so that positions stay. Throws a SyntaxError with `file:line` for
 * what cannot be parsed, and for syntax that is more than types (an enum), as Node itself does.
 */
export function strippedTypes(source: string, file: string): string {
  try {
    return transformSync(source, { mode: "strip-only", module: true, filename: file }).code;
  } catch (problem) {
    const { message, startLine } = problem as SyntaxProblem;
    throw new SyntaxError(`${file}:${startLine}: ${message}`);
  }
}
