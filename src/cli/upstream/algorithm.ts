import type { TrainerChoice } from "./trainer-choice.ts";
import type { Translation } from "./translation.ts";
import type { UpstreamFile } from "./upstream-file.ts";

/** TRL's default in the versions that upstream pins. */
const usualBeta = 0.04;

/** The settings of the chosen algorithm, with the defaults of upstream's script for it. */
export function translateAlgorithm(file: UpstreamFile, recipe: Translation, choice: TrainerChoice): void {
  recipe.assume("algorithm.name", choice.algorithm, choice.reason);
  const mask = file.flag("mask_truncated_completions");
  if (choice.algorithm !== "sft") {
    recipe.set("algorithm.maskTruncated", mask, "mask_truncated_completions");
  }
  if (choice.algorithm === "gpg") {
    translateGpg(file, recipe, choice);
  } else if (choice.algorithm === "grpo") {
    translateGrpo(file, recipe);
  } else if (choice.algorithm !== "sft") {
    translateKin(file, recipe);
  }
}

/**
 * `gpg_trainer.py` of open-r1 weighs by alpha with `adjust_gd` only, and samples again until `min_inverse_alpha` of the
 * groups are informative in any case; the trainers of open-rs do neither, and the one that `gpg.py` runs has no KL term.
 */
function translateGpg(file: UpstreamFile, recipe: Translation, { project, variant }: TrainerChoice): void {
  const adjusts = file.flag("adjust_gd") ?? false;
  const share = file.number("min_inverse_alpha") ?? 0.5;
  const scaledBy = { group: "group-std", batch: "batch-std", none: "none" }[scaleOf(file)];
  recipe.assume("algorithm.preset", project, `the trainer of ${project}`);
  recipe.set("algorithm.normalisation", scaledBy, file.has("scale_batch") ? "scale_batch" : "scale_rewards");
  if (project === "open-r1") {
    recipe.set("algorithm.alpha", adjusts ? "groups" : "off", "adjust_gd");
    recipe.set("algorithm.informativeShare", share, "min_inverse_alpha");
  }
  if (project === "open-r1" || variant === "gpg-std") {
    translateBeta(file, recipe);
  }
}

/** In the versions of TRL that upstream pins, GRPO's loss is a mean over all tokens. */
function translateGrpo(file: UpstreamFile, recipe: Translation): void {
  translateBeta(file, recipe);
  const low = file.number("epsilon") ?? 0.2;
  recipe.set("algorithm.clipLow", low, "epsilon");
  recipe.set("algorithm.clipHigh", file.number("epsilon_high") ?? low, "epsilon_high");
  recipe.set("algorithm.numIterations", file.whole("num_iterations") ?? 1, "num_iterations");
  recipe.set("algorithm.scaleRewards", scaleOf(file), "scale_rewards");
  translateAggregation(file, recipe);
}

/** Of algorithms that upstream has no script for, the file decides what it names. */
function translateKin(file: UpstreamFile, recipe: Translation): void {
  recipe.set("algorithm.beta", file.number("beta"), "beta");
  recipe.set("algorithm.clipLow", file.number("epsilon"), "epsilon");
  recipe.set("algorithm.clipHigh", file.number("epsilon_high"), "epsilon_high");
  recipe.set("algorithm.numIterations", file.whole("num_iterations"), "num_iterations");
}

function translateBeta(file: UpstreamFile, recipe: Translation): void {
  const beta = file.number("beta");
  if (beta === undefined) {
    recipe.note(`a KL term of weight ${usualBeta}, upstream's default of beta`);
  }
  recipe.set("algorithm.beta", beta ?? usualBeta, "beta");
}

/** TRL's names of what a sum over tokens is divided by. */
function translateAggregation(file: UpstreamFile, recipe: Translation): void {
  const aggregations: Readonly<Record<string, string>> = {
    grpo: "sequences",
    bnpo: "tokens",
    dapo: "tokens",
    dr_grpo: "constant",
  };
  const name = file.text("loss_type") ?? "bnpo";
  const aggregation = Object.hasOwn(aggregations, name) ? aggregations[name] : undefined;
  if (aggregation === undefined) {
    throw file.refuse("loss_type", Object.keys(aggregations).join(" | "));
  }
  recipe.set("algorithm.aggregation", aggregation, "loss_type");
  if (aggregation === "constant") {
    recipe.set(
      "algorithm.aggregationConstant",
      file.whole("max_completion_length") ?? 256,
      "max_completion_length",
    );
  }
}

/** What rewards are divided by the standard deviation of; newer versions of TRL name it. */
function scaleOf(file: UpstreamFile): "group" | "batch" | "none" {
  const scale = file.text("scale_rewards")?.toLowerCase() ?? "true";
  const byBatch = file.flag("scale_batch") ?? false;
  switch (scale) {
    case "false":
    case "none":
      return "none";
    case "batch":
      return "batch";
    case "true":
    case "group":
      return byBatch ? "batch" : "group";
    default:
      throw file.refuse("scale_rewards", "true | false | group | batch | none");
  }
}
