import type { Translation } from "./translation.ts";
import type { UpstreamFile } from "./upstream-file.ts";
import type { TranslatedKey } from "./upstream-keys.ts";

/** How long a run is, what it keeps and where, with the defaults of transformers. Here a step is one sampled batch. */
export function translateRun(file: UpstreamFile, recipe: Translation): void {
  recipe.set("seed", file.whole("seed") ?? 42, "seed");
  const runName = file.text("run_name");
  recipe.set("name", runName && /^\w[\w.-]*$/.test(runName) ? runName : undefined, "run_name");
  recipe.set("output", file.text("output_dir"), "output_dir");
  const steps = inBatches(file, file.whole("max_steps") ?? -1);
  const epochs = file.number("num_train_epochs") ?? 3;
  if (steps > 0) {
    recipe.set("train.steps", steps, "max_steps");
  } else {
    recipe.set("train.epochs", epochs, "num_train_epochs");
  }
  const saves = interval(file, "save_strategy", "save_steps", "steps");
  recipe.set(
    "checkpoint.every",
    saves,
    typeof saves === "number" && saves > 0 ? "save_steps" : "save_strategy",
  );
  recipe.set("checkpoint.keep", file.whole("save_total_limit"), "save_total_limit");
  recipe.set("compute.gradientCheckpointing", file.flag("gradient_checkpointing"), "gradient_checkpointing");
}

/** Whether held-out problems are asked for, and how often. */
export function translateEvaluation(file: UpstreamFile, recipe: Translation): boolean {
  const atEnd = file.flag("do_eval") ?? false;
  const atStart = file.flag("eval_on_start") ?? false;
  const strategyKey = file.has("evaluation_strategy") ? "evaluation_strategy" : "eval_strategy";
  const bySteps = file.text(strategyKey)?.toLowerCase() === "steps";
  // Without eval_steps, transformers takes logging_steps.
  const isLogging = bySteps && !file.number("eval_steps") && file.has("logging_steps");
  const stepsKey = isLogging ? "logging_steps" : "eval_steps";
  const every = interval(file, strategyKey, stepsKey, "no");
  const evaluates = atEnd || atStart || every !== 0;
  if (evaluates) {
    recipe.set("evaluate.every", every, typeof every === "number" && every > 0 ? stepsKey : strategyKey);
  } else {
    recipe.set("evaluate.problems", 0, file.has("do_eval") ? "do_eval" : strategyKey);
  }
  recipe.set("evaluate.atStart", atStart, "eval_on_start");
  return evaluates;
}

/** A number of steps or a share of them, `epoch`, or 0 for never. */
function interval(
  file: UpstreamFile,
  strategyKey: TranslatedKey,
  stepsKey: TranslatedKey,
  usual: "steps" | "no",
): number | "epoch" {
  // YAML 1.1 reads `no` as false.
  const strategy = (file.text(strategyKey) ?? usual).toLowerCase().replace(/^false$/, "no");
  const given = file.number(stepsKey) ?? 500;
  if (!["no", "steps", "epoch"].includes(strategy)) {
    throw file.refuse(strategyKey, "no | steps | epoch");
  }
  if (strategy === "steps" && !(given > 0 && (given < 1 || Number.isInteger(given)))) {
    throw file.refuse(stepsKey, "a whole number of steps, or a share of all steps below 1");
  }
  const steps = given < 1 ? given : inBatches(file, given);
  return strategy === "epoch" ? "epoch" : strategy === "no" ? 0 : steps;
}

/** Upstream's steps are updates, of which `num_iterations` learn from one sampled batch. */
export function inBatches(file: UpstreamFile, updates: number): number {
  return Math.ceil(updates / Math.max(1, file.whole("num_iterations") ?? 1));
}
