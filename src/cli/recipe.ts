import path from "node:path";
import { stringify } from "yaml";
import { writeFileAtomically } from "../atomic-file.ts";
import { ConfigError } from "../errors.ts";
import {
  applyOverrides,
  isSection,
  type Override,
  parseOverride,
  parseRecipe,
  type RecipeSource,
  readRecipeText,
} from "./recipe-source.ts";
import { type Recipe, recipeSchema } from "./run-config.ts";
import { schemaError } from "./schema-error.ts";
import { fileKind } from "./upstream/file-kind.ts";
import { translateUpstream } from "./upstream/translate.ts";

/** Options of the command line that stand for a key of the recipe. */
export interface RecipeOptions {
  model?: string;
  output?: string;
  seed?: number;
  set?: readonly string[];
}

/** Told in one line what was assumed of a recipe that is not written in our keys. */
type Warn = (message: string) => void;

/** Reads, overrides, checks and completes a recipe. Throws ConfigError naming file, key, value and what is expected. */
export async function loadRecipe(
  file: string,
  options: RecipeOptions = {},
  warn: Warn = () => undefined,
): Promise<Recipe> {
  return checkRecipe(await openRecipe(file, options, warn));
}

/** A recipe with its overrides, before it is checked; one of upstream's in our keys. */
export async function openRecipe(file: string, options: RecipeOptions, warn: Warn): Promise<RecipeSource> {
  const text = await readRecipeText(file);
  const overrides = overridesOf(options);
  const lenient = parseRecipe(text, file, { lenient: true });
  const keys = isSection(lenient.value) ? Object.keys(lenient.value) : [];
  const recipeKeys = Object.keys(recipeSchema.shape);
  switch (fileKind(keys, recipeKeys)) {
    case "recipe":
      return applyOverrides(parseRecipe(text, file), overrides);
    case "upstream": {
      const translated = translateUpstream(lenient, overrides, recipeKeys);
      warn(translated.warning);
      return applyOverrides(translated.source, translated.overrides);
    }
    case "comparison":
      throw new ConfigError(
        `${file}: this is a comparison, not a recipe; run it with gpgrad compare ${file}, or give its base`,
      );
    case "accelerate":
      throw new ConfigError(
        `${file}: this is an accelerate file, which says on how many processes and how upstream computes, not a recipe; give the training recipe, and the number of processes as --set num_processes=N`,
      );
    case "data-cleaner":
      throw new ConfigError(
        `${file}: these are the settings with which upstream generates text to clean its data, not a training recipe; give one of the recipes beside it`,
      );
  }
}

/** A recipe without a name is called like its file. */
export function checkRecipe(source: RecipeSource): Recipe {
  const fileName = path.basename(source.file).replace(/\.ya?ml$/, "");
  const value = isSection(source.value) ? { name: fileName, ...source.value } : source.value;
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
