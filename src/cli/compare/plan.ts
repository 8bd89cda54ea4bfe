import path from "node:path";
import { ConfigError } from "../../errors.ts";
import { checkPositions, type PrepareOptions, prepareRun } from "../prepared-run.ts";
import { checkRecipe } from "../recipe.ts";
import { resumedRecipe } from "../resumed-recipe.ts";
import type { Recipe } from "../run-config.ts";
import { type MeasuredRecipe, withSteps } from "../run-length.ts";
import { highestReward } from "../run-session.ts";
import { type ComparisonConfig, recipeSource } from "./comparison-config.ts";

/** One run of a comparison, in a run folder of its own. */
export interface PlannedRun {
  /** `seed-1/gpg`: where it lies in the comparison's folder. */
  id: string;
  seed: number;
  /** null for the warm start that the arms of its seed begin from. */
  arm: string | null;
  folder: string;
  /** Of an arm after a warm start, `model` is still that of the start. */
  recipe: MeasuredRecipe;
}

export interface ComparisonPlan {
  config: ComparisonConfig;
  folder: string;
  /** Completed; what the start and all arms share. */
  base: MeasuredRecipe;
  arms: Readonly<Record<string, MeasuredRecipe>>;
  /** The combined reward of a perfect completion. */
  highestReward: number;
  /** In their order: a seed's start comes before its arms. */
  runs: readonly PlannedRun[];
}

/** Everything that will be run. Throws where `train` would refuse one of the recipes before any work. */
export async function planComparison(
  config: ComparisonConfig,
  folder: string,
  options: PrepareOptions,
): Promise<ComparisonPlan> {
  const [seed] = config.seeds as [number];
  const given = checkRecipe(recipeSource(config));
  const run = await prepareRun(await resumedRecipe({ ...given, seed }, folder, options.warn), options);
  checkPositions(run);
  const base = { ...run.recipe, seed };
  if (base.evaluate.problems === 0) {
    throw new ConfigError(
      `${config.source.locate(["evaluate"])}: evaluate.problems is 0; a comparison needs held-out problems, for example 200`,
    );
  }
  const arms = Object.fromEntries(
    Object.keys(config.arms).map((arm) => {
      const { compute, ...recipe } = checkRecipe(recipeSource(config, arm));
      const { model, task } = base;
      const completed = withSteps(
        { ...recipe, model, task, compute: { ...base.compute, ...compute } },
        run.task.train.size,
      );
      checkPositions({ ...run, recipe: completed });
      return [arm, completed];
    }),
  );
  const plan = { config, folder, base, arms, highestReward: highestReward(run.task) };
  return { ...plan, runs: config.seeds.flatMap((each) => runsOfSeed(plan, each)) };
}

function runsOfSeed(
  { config, folder, base, arms }: Omit<ComparisonPlan, "runs">,
  seed: number,
): PlannedRun[] {
  const warmed = startsWarm(base);
  const run = (name: string, arm: string | null, recipe: MeasuredRecipe): PlannedRun => ({
    id: `seed-${seed}/${name}`,
    seed,
    arm,
    folder: path.join(folder, `seed-${seed}`, name),
    recipe: { ...recipe, seed, name: `${config.name}-${name}`, output: undefined },
  });
  const ofArms = Object.entries(arms).map(([arm, recipe], index) =>
    run(arm, arm, {
      ...recipe,
      warmStart: null,
      // The adapter is part of the start already.
      ...(warmed && base.lora !== null && { lora: null }),
      // One look at the start is enough for all that share it.
      evaluate: { ...recipe.evaluate, atStart: !warmed && index === 0 },
    }),
  );
  return warmed ? [run("start", null, startRecipe(base)), ...ofArms] : ofArms;
}

function startsWarm({ warmStart }: Recipe): boolean {
  return warmStart !== null && warmStart.steps > 0;
}

/** The warm start alone. Its weights are stored as they are trained, so that the arms begin where it was evaluated. */
function startRecipe(base: MeasuredRecipe): MeasuredRecipe {
  return {
    ...base,
    train: { ...base.train, steps: 0, budget: null },
    evaluate: { ...base.evaluate, every: 0, atStart: false },
    checkpoint: { ...base.checkpoint, every: 0, dtype: "float32" },
  };
}
