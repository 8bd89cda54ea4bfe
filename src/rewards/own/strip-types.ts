import { readFile } from "node:fs/promises";
import type { LoadHook } from "node:module";
import { fileURLToPath } from "node:url";
import { transformSync } from "@swc/wasm-typescript";

interface SyntaxProblem {
  message: string;
  startLine: number;
}

/**
 * Loads TypeScript as JavaScript modules, for `module.register`. Types become white space, so that positions stay; syntax
 * that is more than types (an enum) is an error, as it is to Node itself.
 */
export const load: LoadHook = async (url, context, nextLoad) => {
  if (!url.startsWith("file:") || !/\.m?ts$/.test(new URL(url).pathname)) {
    return nextLoad(url, context);
  }
  const file = fileURLToPath(url);
  return { format: "module", shortCircuit: true, source: strip(await readFile(file, "utf8"), file) };
};

function strip(source: string, filename: string): string {
  try {
    return transformSync(source, { mode: "strip-only", module: true, filename }).code;
  } catch (problem) {
    const { message, startLine } = problem as SyntaxProblem;
    throw new SyntaxError(`${filename}:${startLine}: ${message}`);
  }
}
