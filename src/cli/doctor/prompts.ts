import { encodePrompt, promptTooLong } from "../../eval/encode-prompt.ts";
import { spread } from "../../tasks/spread.ts";
import { comparesCompletions } from "../algorithm-section.ts";
import { formatPercent } from "../format.ts";
import { checkPositions } from "../prepared-run.ts";
import type { Check, Examination } from "./check.ts";
import { type Finding, failure, ok, warning } from "./finding.ts";

/** A larger share of prompts that are left out makes another data set. */
const negligibleShare = 0.05;

/** Measures prompts against their limit, the limits against the model, and a step against the problems there are. */
export const promptsCheck: Check = {
  name: "prompts",
  examine: (examination) => {
    checkPositions(examination.run);
    return [...repetitionFindings(examination.run), lengthFinding(examination)];
  },
};

function lengthFinding({ run, measuredPrompts }: Pick<Examination, "run" | "measuredPrompts">): Finding {
  const { recipe, task, description } = run;
  const { maxPromptTokens, longPrompts } = recipe.train;
  const problems = spread(task.train, measuredPrompts);
  const prompts = problems.map((problem) => encodePrompt(description.codec, problem));
  const looked =
    prompts.length === task.train.size
      ? `all ${whole(prompts.length)} training prompts`
      : `${whole(prompts.length)} of ${whole(task.train.size)} training prompts, evenly spread`;
  const [longest] = prompts.sort((a, b) => b.tokenIds.length - a.tokenIds.length);
  const tooLong = longest && promptTooLong(longest, maxPromptTokens);
  if (!longest || !tooLong) {
    const most = longest?.tokenIds.length ?? 0;
    return ok("prompts", `${looked}: the longest has ${most} tokens, the limit is ${maxPromptTokens}`);
  }
  const over = prompts.filter(({ tokenIds }) => tokenIds.length > maxPromptTokens).length;
  const share = over / prompts.length;
  const message = `${tooLong}; it is the longest of ${whole(over)} over the limit (${formatPercent(share)}) in ${looked}`;
  const remedy = wayOut(longest.tokenIds.length, run);
  if (longPrompts === "refuse" || over === prompts.length) {
    return failure("prompts", message, remedy);
  }
  return share > negligibleShare
    ? warning("prompts", `${message}; all of these are left out`, remedy)
    : ok("prompts", `${message}; these are left out`);
}

function repetitionFindings({ recipe, task }: Examination["run"]): Finding[] {
  const { promptsPerStep } = recipe.train;
  const { size } = task.train;
  if (promptsPerStep <= size) {
    return [];
  }
  return [
    warning(
      "prompts",
      `a step takes ${whole(promptsPerStep)} problems of ${whole(size)}: some come more than once in each step`,
      comparesCompletions(recipe.algorithm)
        ? "lower train.promptsPerStep and raise train.completionsPerPrompt, or add problems"
        : "lower train.promptsPerStep, or add problems",
    ),
  ];
}

function wayOut(longest: number, { recipe, description }: Parameters<typeof checkPositions>[0]): string {
  const room = description.model.dimensions.maxPositions - recipe.sampling.maxTokens;
  const skip = recipe.train.longPrompts === "refuse" ? " or set train.longPrompts to skip" : "";
  return longest <= room
    ? `raise train.maxPromptTokens to ${longest}${skip}`
    : `the model has room for ${room} beside completions of ${recipe.sampling.maxTokens} tokens: lower sampling.maxTokens and raise train.maxPromptTokens${skip}`;
}

function whole(count: number): string {
  return count.toLocaleString("en-US");
}
