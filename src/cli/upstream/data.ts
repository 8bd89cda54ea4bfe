import { existsSync } from "node:fs";
import type { Translation } from "./translation.ts";
import type { UpstreamFile } from "./upstream-file.ts";

/** `custom_loading_dataset`: prompts that hold these words and the question, and short answers. */
const simpleRl = {
  question: "question",
  answer: "gt_answer",
  systemPrompt: "You are a helpful assistant.",
  userPrompt: "{question}\nPlease reason step by step, and put your final answer within \\boxed{}.",
} as const;

/** The names on the hub of the folders that upstream downloaded its data sets to. */
const hubNames: Readonly<Record<string, { name: string; config?: string }>> = {
  "datas/MATH-lighteval": { name: "DigitalLearningGmbH/MATH-lighteval" },
  "datas/OpenR1-Math-220k": { name: "open-r1/OpenR1-Math-220k" },
  "datas/open-rs": { name: "knoveleng/open-rs" },
  "datas/open-rs/open-s1": { name: "knoveleng/open-s1" },
  "datas/SimpleRL-Zoo-Data/simplelr_qwen_level3to5": {
    name: "hkust-nlp/SimpleRL-Zoo-Data",
    config: "simplelr_qwen_level3to5",
  },
};

/** Room that is left for an answer where upstream bounds prompt and answer together. */
const answerRoom = 256;

export interface DataChoice {
  /** The task's data come from elsewhere, so upstream's names, splits and columns do not apply. */
  replaced: boolean;
  /** Held-out problems are asked for. */
  evaluates: boolean;
}

/** Rows with a problem and a worked solution. */
export function translateProblems(file: UpstreamFile, recipe: Translation, choice: DataChoice): void {
  const isSimpleRl = isSimpleRlData(file) && !choice.replaced;
  const systemPrompt = file.text("system_prompt") ?? "";
  const column = file.text("dataset_prompt_column");
  recipe.set("task.name", "math", "dataset_name");
  recipe.set("task.unusableRows", "skip", "dataset_name");
  recipe.set("task.systemPrompt", isSimpleRl ? simpleRl.systemPrompt : systemPrompt, "system_prompt");
  recipe.set("task.userPrompt", isSimpleRl ? simpleRl.userPrompt : undefined, "dataset_name");
  if (translateSource(file, recipe, choice)) {
    const usual = isSimpleRl ? simpleRl.question : "problem";
    recipe.set(
      "task.questionColumn",
      column ?? usual,
      column === undefined ? "dataset_name" : "dataset_prompt_column",
    );
    recipe.set("task.answerColumn", isSimpleRl ? simpleRl.answer : "solution", "dataset_name");
  }
}

/** Rows with a conversation, whose last message is to be imitated. */
export function translateDemonstrations(file: UpstreamFile, recipe: Translation, choice: DataChoice): void {
  const key = file.has("max_seq_length") ? "max_seq_length" : "max_length";
  const length = file.whole(key) ?? 1024;
  recipe.set("task.name", "math", "dataset_name");
  recipe.set("task.unusableRows", "skip", "dataset_name");
  recipe.set("task.systemPrompt", "", "dataset_name");
  recipe.set("task.rewards", { accuracy: 1 }, "dataset_name");
  recipe.set("train.maxPromptTokens", Math.max(1, length - answerRoom), key);
  recipe.set("train.longPrompts", "skip", key);
  recipe.set("sampling.maxTokens", answerRoom, key);
  if (translateSource(file, recipe, choice)) {
    recipe.set("task.messagesColumn", "messages", "dataset_name");
  }
}

const isSimpleRlData = (file: UpstreamFile): boolean =>
  file.text("dataset_name")?.includes("simplelr_qwen_level3to5") === true;

/** False where the data come from elsewhere. */
function translateSource(
  file: UpstreamFile,
  recipe: Translation,
  { replaced, evaluates }: DataChoice,
): boolean {
  const given = file.text("dataset_name");
  const config = file.text("dataset_config");
  const trainSplit = file.text("dataset_train_split") ?? "train";
  const testSplit = file.text("dataset_test_split") ?? "test";
  if (!evaluates) {
    recipe.set("task.heldOutShare", 0, "eval_strategy");
  }
  if (replaced || given === undefined) {
    return false;
  }
  const onHub = existsSync(given) ? undefined : hubNames[given.replace(/\/+$/, "")];
  if (onHub !== undefined) {
    recipe.note(`${given} as ${onHub.name} on the hub`);
  }
  const path = onHub?.name ?? given;
  // The script that reads SimpleRL's data passes over `dataset_config`.
  const chosen = onHub?.config ?? (isSimpleRlData(file) ? undefined : config);
  recipe.set("task.path", path, "dataset_name");
  recipe.set("task.data.config", chosen, "dataset_config");
  recipe.set("task.data.split", trainSplit, "dataset_train_split");
  if (evaluates) {
    recipe.set("task.heldOutPath", path, "dataset_name");
    recipe.set("task.heldOutData.config", chosen, "dataset_config");
    recipe.set("task.heldOutData.split", testSplit, "dataset_test_split");
  }
  return true;
}
