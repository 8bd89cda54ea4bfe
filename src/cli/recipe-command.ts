import type { Command } from "commander";
import { addCommonOptions, type CommonOptions, collect, seed } from "./common-options.ts";
import type { Terminal } from "./terminal.ts";

interface RecipeShowOptions extends CommonOptions {
  model?: string;
  output?: string;
  seed?: number;
  set?: string[];
}

export function addRecipeCommand(program: Command, terminal: Terminal): void {
  const recipe = program.command("recipe").description("Look at recipes.");
  const show = recipe
    .command("show")
    .description("Print a recipe as it would train, with the origin of each value.")
    .argument("<recipe>", "YAML file, see docs/recipes.md; upstream's too, see docs/upstream-recipes.md")
    .option("--model <model>", "instead of the recipe's")
    .option("--output <dir>", "run folder that the run would have")
    .option("--seed <n>", "instead of the recipe's", seed)
    .option("--set <key=value>", "replace a value of the recipe; may be given several times", collect);
  addCommonOptions(show).action((file: string, options: RecipeShowOptions) =>
    showRecipe(file, options, terminal),
  );
}

async function showRecipe(file: string, options: RecipeShowOptions, terminal: Terminal): Promise<void> {
  const { checkRecipe, openRecipe } = await import("./recipe.ts");
  const { recipeValues } = await import("./recipe-origins.ts");
  const { writeJson } = await import("./terminal.ts");
  const warn = (message: string): void => void terminal.errors.write(`warning: ${message}\n`);
  const source = await openRecipe(file, options, warn);
  const recipe = checkRecipe(source);
  const values = recipeValues(recipe, source);
  if (options.json) {
    const origins = Object.fromEntries(values.map(({ path, origin }) => [path.join("."), origin]));
    writeJson(terminal.output, { type: "recipe", recipe, origins });
    return;
  }
  const { recipeWithOrigins } = await import("./recipe-text.ts");
  terminal.output.write(recipeWithOrigins(values));
}
