import { valueAt } from "../value-at.ts";
import { isSection, type RecipeSource } from "./recipe-source.ts";
import type { Recipe } from "./run-config.ts";

/** A value of a completed recipe and where it comes from. */
export interface RecipeValue {
  path: readonly string[];
  value: unknown;
  /** A file and line, an option of the command line, `preset NAME` or `default`. */
  origin: string;
}

/** Every value of the recipe that `source` was completed to, in its order; lists are values. */
export function recipeValues(recipe: Recipe, source: RecipeSource): RecipeValue[] {
  return leaves(recipe, []).map(({ path, value }) => ({
    path,
    value,
    origin: originOf(path, recipe, source),
  }));
}

function leaves(value: unknown, path: readonly string[]): Omit<RecipeValue, "origin">[] {
  if (!isSection(value) || Object.keys(value).length === 0) {
    return [{ path, value }];
  }
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function originOf(path: readonly string[], recipe: Recipe, source: RecipeSource): string {
  if (path.length === 1 && path[0] === "name" && valueAt(source.value, path) === undefined) {
    return "the file's name";
  }
  if (valueAt(source.value, path) !== undefined) {
    return source.locate(path);
  }
  const { algorithm } = recipe;
  return path[0] === "algorithm" && path[1] !== "name" && path[1] !== "preset" && "preset" in algorithm
    ? `preset ${algorithm.preset}`
    : "default";
}
