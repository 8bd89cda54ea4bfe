import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transformSync } from "@swc/wasm-typescript";

const source = new URL("../../../src/", import.meta.url).href;

/** Workers are started by the name that they have once built. */
export async function resolve(specifier, context, nextResolve) {
  const resolved = await nextResolve(specifier, context).catch((error) => {
    if (error.code === "ERR_MODULE_NOT_FOUND" && error.url?.startsWith(source)) {
      return nextResolve(specifier.replace(/\.js$/, ".ts"), context);
    }
    throw error;
  });
  return resolved;
}

/** The sources as they stand, so that the worker threads of a test run what is being tested and not the last build. */
export async function load(url, context, nextLoad) {
  if (!url.startsWith(source) || !url.endsWith(".ts")) {
    return nextLoad(url, context);
  }
  const text = await readFile(fileURLToPath(url), "utf8");
  return { format: "module", shortCircuit: true, source: transformSync(text, { mode: "strip-only" }).code };
}
