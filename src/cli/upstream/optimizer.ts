import { scheduleNames } from "../../optim/schedules.ts";
import { inBatches } from "./run.ts";
import type { Translation } from "./translation.ts";
import { numberOf, type UpstreamFile } from "./upstream-file.ts";

const statePrecisions: Readonly<Record<string, string>> = {
  adamw_torch: "float32",
  adamw_torch_fused: "float32",
  adamw_hf: "float32",
  adamw_8bit: "int8",
  adamw_bnb_8bit: "int8",
  paged_adamw: "float32",
  paged_adamw_32bit: "float32",
  paged_adamw_8bit: "int8",
};

/** AdamW and its schedule, with the defaults of transformers. `usualRate`: the script's own default. */
export function translateOptimizer(file: UpstreamFile, recipe: Translation, usualRate: number): void {
  recipe.set("optimizer.learningRate", file.number("learning_rate") ?? usualRate, "learning_rate");
  const beta1 = file.number("adam_beta1") ?? 0.9;
  const beta2 = file.number("adam_beta2") ?? 0.999;
  recipe.set("optimizer.betas", [beta1, beta2], file.has("adam_beta2") ? "adam_beta2" : "adam_beta1");
  recipe.set("optimizer.epsilon", file.number("adam_epsilon") ?? 1e-8, "adam_epsilon");
  recipe.set("optimizer.weightDecay", file.number("weight_decay") ?? 0, "weight_decay");
  const norm = file.number("max_grad_norm") ?? 1;
  recipe.set("optimizer.maxGradientNorm", norm > 0 ? norm : null, "max_grad_norm");
  const optim = file.text("optim") ?? "adamw_torch";
  if (!Object.hasOwn(statePrecisions, optim)) {
    throw file.refuse("optim", Object.keys(statePrecisions).join(" | "));
  }
  recipe.set("optimizer.state", statePrecisions[optim], "optim");
  translateSchedule(file, recipe);
}

function translateSchedule(file: UpstreamFile, recipe: Translation): void {
  const name = file.text("lr_scheduler_type") ?? "linear";
  const steps = file.number("warmup_steps") ?? 0;
  const ratio = file.number("warmup_ratio") ?? 0;
  const floor = file.section("lr_scheduler_kwargs") ?? {};
  if (!(scheduleNames as readonly string[]).includes(name)) {
    throw file.refuse("lr_scheduler_type", scheduleNames.join(" | "));
  }
  recipe.set("optimizer.schedule.name", name, "lr_scheduler_type");
  // Steps win over a ratio, and below 1 they are one; `constant` has no warmup whatever they say.
  if (name !== "constant" && steps >= 1) {
    recipe.set("optimizer.schedule.warmupSteps", inBatches(file, steps), "warmup_steps");
  } else if (name !== "constant" && steps > 0) {
    recipe.set("optimizer.schedule.warmupRatio", steps, "warmup_steps");
  } else if (name !== "constant" && ratio > 0) {
    recipe.set("optimizer.schedule.warmupRatio", ratio, "warmup_ratio");
  }
  const minimums = { min_lr: "minLearningRate", min_lr_rate: "minLearningRateRatio" } as const;
  for (const [key, value] of Object.entries(floor)) {
    const number = numberOf(value);
    if (!Object.hasOwn(minimums, key) || number === undefined) {
      throw file.refuse("lr_scheduler_kwargs", "min_lr or min_lr_rate, a number");
    }
    recipe.set(`optimizer.schedule.${minimums[key as keyof typeof minimums]}`, number, "lr_scheduler_kwargs");
  }
}
