import { existsSync } from "node:fs";
import type { Translation } from "./translation.ts";
import type { UpstreamFile } from "./upstream-file.ts";

/** Columns and prompt of a data set as upstream's scripts take them. */
interface Layout {
  question: string;
  answer: string;
  /** In the place of `system_prompt`. */
  systemPrompt?: string;
  userPrompt?: string;
}

const ordinary: Layout = { question: "problem", answer: "solution" };

/** `custom_loading_dataset`: the file's own prompts, which hold these words and the question, and its short answers. */
const simpleRl: Layout = {
  question: "question",
  answer: "gt_answer",
  systemPrompt: "You are a helpful assistant.",
  userPrompt: "{question}\nPlease reason step by step, and put your final answer within \\boxed{}.",
};

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

export interface DataChoice {
  /** The task's data come from elsewhere, so upstream's names, splits and columns do not apply. */
  replaced: boolean;
  /** Held-out problems are asked for. */
  evaluates: boolean;
}

export function translateData(file: UpstreamFile, recipe: Translation, choice: DataChoice): void {
  const given = file.text("dataset_name");
  const config = file.text("dataset_config");
  const trainSplit = file.text("dataset_train_split") ?? "train";
  const testSplit = file.text("dataset_test_split") ?? "test";
  const systemPrompt = file.text("system_prompt") ?? "";
  const isSimpleRl = given?.includes("simplelr_qwen_level3to5") === true;
  const layout = isSimpleRl && !choice.replaced ? simpleRl : ordinary;
  recipe.set("task.name", "math", "dataset_name");
  recipe.set("task.unusableRows", "skip", "dataset_name");
  recipe.set("task.systemPrompt", layout.systemPrompt ?? systemPrompt, "system_prompt");
  recipe.set("task.userPrompt", layout.userPrompt, "dataset_name");
  if (choice.replaced || given === undefined) {
    recipe.set("task.heldOutShare", choice.evaluates ? undefined : 0, "eval_strategy");
    return;
  }
  const name = existsSync(given) ? given : given.replace(/\/+$/, "");
  const onHub = existsSync(given) ? undefined : hubNames[name];
  if (onHub !== undefined) {
    recipe.note(`${given} as ${onHub.name} on the hub`);
  }
  // The script that reads this data set passes over `dataset_config`.
  const chosen = onHub?.config ?? (isSimpleRl ? undefined : config);
  const path = onHub?.name ?? name;
  recipe.set("task.path", path, "dataset_name");
  recipe.set("task.data.config", chosen, "dataset_config");
  recipe.set("task.data.split", trainSplit, "dataset_train_split");
  recipe.set("task.questionColumn", layout.question, "dataset_name");
  recipe.set("task.answerColumn", layout.answer, "dataset_name");
  if (choice.evaluates) {
    recipe.set("task.heldOutPath", path, "dataset_name");
    recipe.set("task.heldOutData.config", chosen, "dataset_config");
    recipe.set("task.heldOutData.split", testSplit, "dataset_test_split");
  } else {
    recipe.set("task.heldOutShare", 0, "eval_strategy");
  }
}
