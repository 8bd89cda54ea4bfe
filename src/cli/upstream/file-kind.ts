import { upstreamKeys } from "./upstream-keys.ts";

/** What a YAML file is, by the keys at its top. */
export type FileKind = "recipe" | "comparison" | "upstream" | "accelerate" | "data-cleaner";

const accelerateKeys = [
  "compute_environment",
  "deepspeed_config",
  "distributed_type",
  "downcast_bf16",
  "fsdp_config",
  "gpu_ids",
  "machine_rank",
  "main_training_function",
  "mixed_precision",
  "num_machines",
  "num_processes",
  "rdzv_backend",
];

const comparisonKeys = ["arms", "seeds"];
const dataCleanerKeys = ["model_kwargs", "sampling_params"];

/** By the keys at the top of a file. Where most are upstream's, a wrong one among them is a mistake in an upstream recipe. */
export function fileKind(given: readonly string[], recipeKeys: readonly string[]): FileKind {
  // Both kinds of recipe have a seed.
  const keys = given.filter((key) => key !== "seed");
  const among = (known: (key: string) => boolean): number => keys.filter(known).length;
  const upstream = among((key) => upstreamKeys.has(key));
  const accelerate = among((key) => accelerateKeys.includes(key));
  if (comparisonKeys.every((key) => keys.includes(key))) {
    return "comparison";
  }
  if (dataCleanerKeys.every((key) => keys.includes(key))) {
    return "data-cleaner";
  }
  if (accelerate >= 2 && accelerate > upstream && !keys.includes("model_name_or_path")) {
    return "accelerate";
  }
  return upstream > among((key) => recipeKeys.includes(key)) ? "upstream" : "recipe";
}
