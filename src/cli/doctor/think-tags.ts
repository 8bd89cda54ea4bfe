import type { Problem, Score } from "../../pipeline.ts";
import { rewardNames } from "../../rewards/registry.ts";
import { scoreGroup } from "../../rewards/score-group.ts";
import { rewardEntries, type TaskRewardsParameters } from "../../tasks/task-rewards.ts";
import type { PreparedRun } from "../prepared-run.ts";
import { type Finding, warning } from "./finding.ts";

const check = "chat-template";
const tag = "<think>";
const rest = "\n2 and 3\n</think>\n<answer>\n5\n</answer>";

/** Rewards of other things move a little with a tag, too. */
const noticeable = 0.2;

/**
 * Finds rewards that want another beginning than completions have: where the prompt ends in `<think>`, the tag is no part
 * of a completion; where it does not, the model has to write it.
 */
export async function thinkTagFindings(
  { task, recipe }: Pick<PreparedRun, "task" | "recipe">,
  problem: Problem,
  prompt: string,
): Promise<Finding[]> {
  const given = (recipe.task as { rewards?: TaskRewardsParameters }).rewards;
  const entries = given ? rewardEntries(given) : [];
  // Only what costs nothing to ask: no models, no programs, nothing of the user's.
  const rewards = task.rewards
    .map(({ reward }) => reward)
    .filter(({ name }) => {
      const entry = entries.find((each) => each.name === name);
      return entry?.file === undefined && rewardNames.includes(entry?.reward ?? name);
    });
  const contexts = [rest, tag + rest].map((completion) => ({
    problem,
    completion,
    completionTokens: rest.length,
    finishReason: "stop" as const,
  }));
  // Each in a group of its own: a reward that compares completions would pay for the length of the tag.
  const [without, withTag] = await Promise.all(
    contexts.map(async (context) => (await scoreGroup(rewards, [context]))[0]!),
  );
  const opens = prompt.trimEnd().endsWith(tag);
  return rewards.flatMap(({ name, highest }) => {
    const [real, other] = (opens ? [without, withTag] : [withTag, without]).map((scores) =>
      paidBy(scores![name]!),
    );
    if (real === null || other === null || other <= real || other - real < noticeable * highest) {
      return [];
    }
    return [
      opens
        ? warning(
            check,
            `prompts end in ${tag}, which is no part of the completions, and reward ${name} pays ${real} without it where it would pay ${other}`,
            `tell the reward (format has thinkInPrompt: true), or take ${tag} out of the template's generation prompt`,
          )
        : warning(
            check,
            `prompts do not end in ${tag}, and reward ${name} pays ${real} where a completion writes it and ${other} where it is left out`,
            "set thinkInPrompt to false, or take a template that opens the think block",
          ),
    ];
  });
}

const paidBy = (score: Score): number | null => (score.kind === "value" ? score.value : null);
