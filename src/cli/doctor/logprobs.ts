import { learnedTemperature } from "../../algorithms/updates.ts";
import type { Codec } from "../../compute/codec.ts";
import type { ForwardBackwardResult, Learner } from "../../compute/learner.ts";
import type { SampledCompletion, Sampler, SamplingParameters } from "../../compute/sampler.ts";
import type { Prompt } from "../../pipeline.ts";
import type { Task } from "../../tasks/task.ts";
import { drawPrompts } from "../../trainer/draw-prompts.ts";
import { createProblemCursor } from "../../trainer/problem-cursor.ts";
import type { Recipe } from "../run-config.ts";
import { type Finding, failure, ok } from "./finding.ts";

/** Beyond this, the tokens that are learned from were drawn from another policy than the one that learns. */
const largestGap = 1e-3;

/** A part of the first batch: enough to see a gap, which a wrong model has everywhere. */
const most = { prompts: 4, completions: 2, tokens: 32 };

/** The learner's log-probabilities are those of all tokens, so they are drawn from all. */
const unfiltered: Omit<SamplingParameters, "maxTokens" | "temperature"> = {
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  stop: [],
};

interface Parts {
  recipe: Recipe;
  task: Task;
  sampler: Sampler;
  learner: Learner;
  codec: Codec;
}

/** Samples the beginning of a run's first batch and has the learner read the same tokens. It leaves gradients behind. */
export async function checkLogprobs({ recipe, task, sampler, learner, codec }: Parts): Promise<Finding[]> {
  const { promptsPerStep, completionsPerPrompt } = recipe.train;
  const temperature = learnedTemperature(recipe.sampling.temperature);
  const cursor = createProblemCursor(task.train, recipe.seed);
  const count = Math.min(most.prompts, promptsPerStep, task.train.size);
  const prompts = drawPrompts(cursor, count, codec, recipe.train, () => undefined);
  const sampled = await sampler.sample(
    prompts.map(({ tokenIds }, index) => ({
      promptTokenIds: tokenIds,
      count: Math.min(most.completions, completionsPerPrompt),
      seed: index,
    })),
    { ...unfiltered, temperature, maxTokens: Math.min(most.tokens, recipe.sampling.maxTokens) },
  );
  const { logprobs } = await learner.forwardBackward({
    temperature,
    groups: sampled.map((completions, group) => ({
      promptTokenIds: prompts[group]!.tokenIds,
      completions: completions.map(({ tokenIds }) => ({ tokenIds, weights: tokenIds.map(() => 1) })),
    })),
  });
  return [judge(largestDifference(prompts, sampled, logprobs))];
}

interface Difference {
  gap: number;
  tokens: number;
  /** Where the gap is largest. */
  place: string;
}

function largestDifference(
  prompts: readonly Prompt[],
  sampled: readonly SampledCompletion[][],
  learned: ForwardBackwardResult["logprobs"],
): Difference {
  const difference: Difference = { gap: 0, tokens: 0, place: "" };
  sampled.forEach((completions, group) => {
    completions.forEach((completion, member) => {
      completion.logprobs.forEach((logprob, token) => {
        const other = learned[group]?.[member]?.[token] ?? Number.NaN;
        const gap = Math.abs(logprob - other);
        difference.tokens++;
        // Not a number is the largest gap of all.
        if (difference.place === "" || gap > difference.gap || Number.isNaN(gap)) {
          difference.gap = Number.isNaN(difference.gap) ? difference.gap : gap;
          difference.place = `token ${token + 1} of an answer to problem ${prompts[group]!.problem.id}, ${logprob.toFixed(5)} against ${other.toFixed(5)}`;
        }
      });
    });
  });
  return difference;
}

function judge({ gap, tokens, place }: Difference): Finding {
  const message = `the largest gap between the log-probabilities of sampler and learner over ${tokens} tokens of the first batch is ${gap.toExponential(1)}`;
  return gap <= largestGap
    ? ok("logprobs", message)
    : failure(
        "logprobs",
        `${message}, at ${place}; it has to be below ${largestGap}`,
        "do not train this model: its updates would not belong to its tokens; check its files with gpgrad inspect, and report it if they are sound",
      );
}
