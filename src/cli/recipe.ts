import path from "node:path";
import { stringify } from "yaml";
import { writeFileAtomically } from "../atomic-file.ts";
import {
  applyOverrides,
  type Override,
  parseOverride,
  type RecipeSource,
  readRecipe,
} from "./recipe-source.ts";
import { type Recipe, recipeSchema } from "./run-config.ts";
import { schemaError } from "./schema-error.ts";

/** Options of the command line that stand for a key of the recipe. */
export interface RecipeOptions {
  model?: string;
  output?: string;
  seed?: number;
  set?: readonly string[];
}

/** Reads, overrides, checks and completes a recipe. Throws ConfigError naming file, key, value and what is expected. */
export async function loadRecipe(file: string, options: RecipeOptions = {}): Promise<Recipe> {
  const source = await readRecipe(file);
  return checkRecipe(applyOverrides(source, overridesOf(options)));
}

/** A recipe without a name is called like its file. */
export function checkRecipe(source: RecipeSource): Recipe {
  const fileName = path.basename(source.file).replace(/\.ya?ml$/, "");
  const isSection = typeof source.value === "object" && source.value !== null && !Array.isArray(source.value);
  const value = isSection ? { name: fileName, ...source.value } : source.value;
  const result = recipeSchema.safeParse(value);
  if (!result.success) {
    throw schemaError(recipeSchema, { ...source, value }, result.error.issues);
  }
  return result.data;
}

/** Options come last: they win over `--set`, which wins over the file. */
function overridesOf({ model, output, seed, set = [] }: RecipeOptions): Override[] {
  const given = (key: string, value: string | number | undefined): Override[] =>
    value === undefined ? [] : [{ path: [key], value, origin: `--${key} ${value}` }];
  return [
    ...set.map(parseOverride),
    ...given("model", model),
    ...given("output", output),
    ...given("seed", seed),
  ];
}

/** Writes the completed recipe, which loads to the same recipe again. */
export function writeRecipe(file: string, recipe: Recipe): void {
  writeFileAtomically(file, stringify(recipe, { lineWidth: 0 }));
}
