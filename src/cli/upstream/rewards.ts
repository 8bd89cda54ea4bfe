import { wayOut } from "../../error-text.ts";
import type { Project } from "./trainer-choice.ts";
import type { Translation } from "./translation.ts";
import type { UpstreamFile } from "./upstream-file.ts";

type Parameters = Record<string, unknown>;
type ReadParameters = (file: UpstreamFile, project: Project) => Parameters;

const none: ReadParameters = () => ({});
const ofProject: ReadParameters = (_file, project) => ({ project });

/** The parameters of upstream's reward functions, with the defaults of its scripts. */
const readers: Readonly<Record<string, ReadParameters>> = {
  accuracy: none,
  accuracy_lv35: none,
  format: ofProject,
  format_v2: none,
  tag_count: ofProject,
  reasoning_steps: none,
  length: none,
  cosine: (file) => ({
    minValueWrong: file.number("cosine_min_value_wrong") ?? 0,
    maxValueWrong: file.number("cosine_max_value_wrong") ?? -0.5,
    minValueCorrect: file.number("cosine_min_value_correct") ?? 0.5,
    maxValueCorrect: file.number("cosine_max_value_correct") ?? 1,
    maxLength: file.number("cosine_max_len") ?? 1000,
  }),
  repetition_penalty: (file) => ({
    ngramSize: file.whole("repetition_n_grams") ?? 3,
    maxPenalty: file.number("repetition_max_penalty") ?? -1,
  }),
  soft_overlong_punishment: (file) => ({
    reward: "soft_overlong",
    maxLength: file.whole("max_completion_len") ?? 16_384,
    softLength: file.whole("soft_punish_cache") ?? 4_096,
  }),
  code: none,
  binary_code: none,
  code_format: (file) => ({ language: file.text("code_language") ?? "python" }),
  ioi_code: (file) => ({ testBatchSize: file.whole("code_eval_test_batch_size") ?? 1 }),
};

export function translateRewards(file: UpstreamFile, recipe: Translation, project: Project): void {
  const names = file.list("reward_funcs") ?? ["accuracy", "format", "tag_count"];
  const weights = file.list("reward_weights")?.map(Number) ?? names.map(() => 1);
  if (weights.length !== names.length || weights.some(Number.isNaN)) {
    throw file.refuse("reward_weights", `a number for each of the ${names.length} reward_funcs`);
  }
  const rewards = names.map((name, index): [string, Parameters] => {
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (read === undefined || names.indexOf(name) < index) {
      const problem = read === undefined ? `no "${name}"${wayOut(name, Object.keys(readers))}` : "each once";
      throw file.refuse("reward_funcs", `rewards of upstream, ${problem}`);
    }
    return [name, { weight: weights[index], ...read(file, project) }];
  });
  recipe.set(
    "task.rewards",
    Object.fromEntries(
      rewards.map(([name, { weight, ...parameters }]) => [
        name,
        Object.keys(parameters).length === 0 ? weight : { weight, ...parameters },
      ]),
    ),
    "reward_funcs",
  );
}
