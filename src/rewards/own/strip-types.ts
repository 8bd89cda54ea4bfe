import { readFile } from "node:fs/promises";
import type { LoadHook } from "node:module";
import { fileURLToPath } from "node:url";
import { strippedTypes } from "./stripped-types.ts";

/**
 * Loads TypeScript as JavaScript modules, for `module.register`: Node 20 does not by itself.
 */
export const load: LoadHook = async (url, context, nextLoad) => {
  if (!url.startsWith("file:") || !/\.m?ts$/.test(new URL(url).pathname)) {
    return nextLoad(url, context);
  }
  const file = fileURLToPath(url);
  return { format: "module", shortCircuit: true, source: strippedTypes(await readFile(file, "utf8"), file) };
};
