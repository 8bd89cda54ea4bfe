import { ConfigError } from "../../errors.ts";
import { nearestKey } from "../../nearest-key.ts";
import { valueAt } from "../../value-at.ts";
import { applyOverrides, type Override, type RecipeSource } from "../recipe-source.ts";
import { translateAlgorithm } from "./algorithm.ts";
import { translateBatch, translateExamples } from "./batch.ts";
import { translateDemonstrations, translateProblems } from "./data.ts";
import { translateModel } from "./model.ts";
import { translateOptimizer } from "./optimizer.ts";
import { translateRewards } from "./rewards.ts";
import { translateEvaluation, translateRun } from "./run.ts";
import { chooseTrainer, type TrainerChoice } from "./trainer-choice.ts";
import { createTranslation, type Translation } from "./translation.ts";
import { createUpstreamFile, type UpstreamFile } from "./upstream-file.ts";
import { undoneKeys, upstreamKeys } from "./upstream-keys.ts";

export interface TranslatedRecipe {
  /** In our keys; each value lies where its upstream key does. */
  source: RecipeSource;
  /** Those that are meant for our keys. */
  overrides: readonly Override[];
  /** One line: what was assumed, and which keys were passed over. */
  warning: string;
}

/**
 * A recipe of upstream's training scripts in our keys. Overrides whose first key is upstream's come before, the others
 * choose what is read. Throws ConfigError for an unknown key, with the nearest, and for values that cannot be used.
 */
export function translateUpstream(
  source: RecipeSource,
  overrides: readonly Override[],
  recipeKeys: readonly string[],
): TranslatedRecipe {
  const isOurs = ({ path }: Override): boolean => recipeKeys.includes(path[0]!);
  const ours = overrides.filter(isOurs);
  const upstream = applyOverrides(
    source,
    overrides.filter((override) => !isOurs(override)),
  );
  const file = createUpstreamFile(upstream);
  refuseUnknown(file);
  const recipe = createTranslation(upstream, (key) => file.has(key));
  const choice = chooseTrainer(file, askedAlgorithm(ours));
  translateModel(file, recipe);
  translateSections(file, recipe, choice, {
    dataReplaced: ours.some(({ path }) => isDataPath(path)),
  });
  return { source: recipe.source(), overrides: ours, warning: warningOf(file, recipe, choice) };
}

function translateSections(
  file: UpstreamFile,
  recipe: Translation,
  choice: TrainerChoice,
  { dataReplaced }: { dataReplaced: boolean },
): void {
  const evaluates = translateEvaluation(file, recipe);
  translateRun(file, recipe);
  translateAlgorithm(file, recipe, choice);
  if (choice.algorithm === "sft") {
    translateDemonstrations(file, recipe, { replaced: dataReplaced, evaluates });
    translateExamples(file, recipe);
    translateOptimizer(file, recipe, 2e-5);
  } else {
    translateProblems(file, recipe, { replaced: dataReplaced, evaluates });
    translateRewards(file, recipe, choice.project);
    translateBatch(file, recipe);
    translateSampling(file, recipe);
    translateOptimizer(file, recipe, 1e-6);
  }
}

/** With the defaults of TRL's `GRPOConfig` in upstream's version, 0.16. Upstream cuts long prompts; here they are left out. */
function translateSampling(file: UpstreamFile, recipe: Translation): void {
  recipe.set("train.maxPromptTokens", file.whole("max_prompt_length") ?? 512, "max_prompt_length");
  recipe.set("train.longPrompts", "skip", "max_prompt_length");
  recipe.set("sampling.maxTokens", file.whole("max_completion_length") ?? 256, "max_completion_length");
  recipe.set("sampling.temperature", file.number("temperature") ?? 0.9, "temperature");
  recipe.set("sampling.topP", file.number("top_p") ?? 1, "top_p");
  recipe.set("sampling.topK", file.whole("top_k") ?? 50, "top_k");
  recipe.set("sampling.minP", file.number("min_p") ?? 0, "min_p");
  recipe.set("sampling.repetitionPenalty", file.number("repetition_penalty") ?? 1, "repetition_penalty");
  const strategy = file.text("sample_strategy") ?? "uniform";
  recipe.set(
    "train.promptWeights",
    file.flag("weighted_sample") ? strategy : undefined,
    file.has("sample_strategy") ? "sample_strategy" : "weighted_sample",
  );
}

function refuseUnknown({ keys, source }: UpstreamFile): void {
  const unknown = keys.find((key) => !upstreamKeys.has(key));
  if (unknown !== undefined) {
    const near = nearestKey(unknown, [...upstreamKeys]);
    const hint = near === undefined ? "remove it" : `did you mean ${near}?`;
    throw new ConfigError(
      `${source.locate([unknown])}: ${unknown} is not a key of upstream's training scripts; ${hint}`,
    );
  }
}

function askedAlgorithm(overrides: readonly Override[]): string | undefined {
  const named = overrides
    .map(({ path, value }) => valueAt(value, ["algorithm", "name"].slice(path.length)) as unknown)
    .findLast((name, index) => overrides[index]!.path[0] === "algorithm" && typeof name === "string");
  return named as string | undefined;
}

/** True for a key that says where the training problems come from. */
function isDataPath(path: readonly string[]): boolean {
  const [section, key, inner] = path;
  return (
    section === "task" &&
    (key === undefined || key === "path" || (key === "data" && (inner === undefined || inner === "path")))
  );
}

function warningOf(
  file: UpstreamFile,
  recipe: Translation,
  { algorithm, project, reason }: TrainerChoice,
): string {
  const passedOver = file.keys.filter((key) => !file.read.has(key) && !undoneKeys.includes(key));
  const undone = file.keys.filter(
    (key) => undoneKeys.includes(key) && isOn(valueAt(file.source.value, [key])),
  );
  const parts = [
    `${file.source.file} is an upstream recipe and read as one of ${project} for ${algorithm}, ${reason}`,
    ...(recipe.notes.length > 0 ? [`with ${recipe.notes.join(", ")}`] : []),
    ...(undone.length > 0 ? [`not done here: ${undone.join(", ")}`] : []),
    ...(passedOver.length > 0 ? [`without meaning here: ${passedOver.join(", ")}`] : []),
  ];
  return parts.join("; ");
}

const isOn = (value: unknown): boolean =>
  ![undefined, null, false, 0, "", "false", "no"].includes(value as string) && !isEmptyList(value);

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
