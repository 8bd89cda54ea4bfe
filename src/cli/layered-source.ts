import { valueAt } from "../value-at.ts";
import { isSection, type RecipeSource } from "./recipe-source.ts";

/** A section of a recipe file as a recipe of its own. */
export function sectionOf(source: RecipeSource, path: readonly string[]): RecipeSource {
  return {
    file: source.file,
    value: valueAt(source.value, path),
    locate: (inner) => source.locate([...path, ...inner]),
  };
}

/**
 * The values of `over` in place of those of `base`. Sections are merged; one that chooses by `name` what its keys mean (an
 * algorithm, a schedule) stands as it is.
 */
export function layered(base: RecipeSource, over: RecipeSource): RecipeSource {
  return {
    file: over.file,
    value: merged(base.value, over.value),
    locate: (path) => (valueAt(over.value, path) === undefined ? base : over).locate(path),
  };
}

function merged(base: unknown, over: unknown): unknown {
  if (!isSection(base) || !isSection(over) || "name" in over) {
    return over;
  }
  const entries = Object.entries(over).map(([key, value]) => [
    key,
    Object.hasOwn(base, key) ? merged(base[key], value) : value,
  ]);
  return { ...base, ...Object.fromEntries(entries) };
}
