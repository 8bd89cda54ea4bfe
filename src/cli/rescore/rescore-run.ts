import { existsSync } from "node:fs";
import { ConfigError, DataError } from "../../errors.ts";
import type { Problem, Score } from "../../pipeline.ts";
import { prepareRewards } from "../../tasks/prepare-rewards.ts";
import { createTask } from "../../tasks/registry.ts";
import { scoreRollouts } from "../../tasks/score-rollouts.ts";
import type { ProblemSet, Task } from "../../tasks/task.ts";
import { promptText } from "../../trainer/rollout-log.ts";
import { runPaths } from "../../trainer/run-folder.ts";
import {
  readStoredGroups,
  readStoredProblemIds,
  rolloutFiles,
  type StoredGroup,
} from "../../trainer/stored-rollouts.ts";
import { locateTaskData } from "../data-location.ts";
import { loadRecipe } from "../recipe.ts";
import { silence } from "../terminal.ts";
import { type Change, type Comparison, createComparer } from "./comparison.ts";
import { chooseReward, type RewardChoiceOptions } from "./reward-choice.ts";

export interface RescoreOptions extends RewardChoiceOptions {
  warn: (message: string) => void;
  onChange: (change: Change) => void;
  onProgress: (done: number, total: number) => void;
}

/** Scores the stored rollouts of a run with another reward. Throws ConfigError, DataError or CheckpointError. */
export async function rescoreRun(runFolder: string, options: RescoreOptions): Promise<Comparison> {
  const paths = runPaths(runFolder);
  const files = existsSync(paths.rollouts) ? rolloutFiles(paths.rollouts) : [];
  if (files.length === 0 || !existsSync(paths.recipe)) {
    throw new ConfigError(
      `${runFolder}: no run with rollouts is there; give the folder that a run was trained into`,
    );
  }
  const { task: section, seed } = await loadRecipe(paths.recipe);
  const { entry, replaced, weights } = chooseReward(section.rewards, options);
  const { name, ...parameters } = (await locateTaskData(section, silence)).task;
  const task = createTask(name, { ...parameters, rewards: [entry] }, { seed, warn: options.warn });
  await prepareRewards(task);
  const problems = await findProblems(task.train, files);
  const comparer = createComparer({ name: entry.name, replaced, weights });
  for (const [index, file] of files.entries()) {
    const groups = await readStoredGroups(file);
    const scores = await Promise.all(groups.map((group) => rescore(task, problems, group, file)));
    for (const [position, group] of groups.entries()) {
      for (const change of comparer.add(group, scores[position]!)) {
        options.onChange(change);
      }
    }
    options.onProgress(index + 1, files.length);
  }
  return comparer.result();
}

async function rescore(
  task: Task,
  problems: ReadonlyMap<string, Problem>,
  { rollouts }: StoredGroup,
  file: string,
): Promise<Score[]> {
  const [{ problemId, prompt } = { problemId: "", prompt: "" }] = rollouts;
  const problem = problems.get(problemId);
  if (problem === undefined || promptText(problem) !== prompt) {
    const what = problem === undefined ? "is not in" : "has another prompt in";
    throw new DataError(
      `${file}: problem ${problemId} ${what} task ${task.name} of the run's recipe: its data have changed since; put them back as they were`,
    );
  }
  const scores = await scoreRollouts(
    task,
    problem,
    rollouts.map(({ completion, completionTokens, finishReason }) => ({
      text: completion,
      tokenIds: { length: completionTokens },
      finishReason,
    })),
  );
  const [{ reward }] = task.rewards as [Task["rewards"][number]];
  return scores.map((each) => each[reward.name]!);
}

/** The problems that the log names. Problems are known by their index, so all may have to be looked at. */
async function findProblems(train: ProblemSet, files: readonly string[]): Promise<Map<string, Problem>> {
  const wanted = new Set<string>();
  for (const file of files) {
    for (const id of await readStoredProblemIds(file)) {
      wanted.add(id);
    }
  }
  const found = new Map<string, Problem>();
  for (let index = 0; index < train.size && found.size < wanted.size; index++) {
    const problem = train.at(index);
    if (wanted.has(problem.id)) {
      found.set(problem.id, problem);
    }
  }
  return found;
}
