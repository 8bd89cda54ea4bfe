import { describe, expect, test } from "vitest";
import { expectSameGradients } from "../../../test/support/same-gradients.ts";
import { plainLearner, tinyPolicy } from "../../../test/support/tiny-policy.ts";
import { tinySizes } from "../../../test/support/tiny-sizes.ts";
import { unfiltered } from "../../../test/support/unfiltered.ts";
import type { Backend } from "../../engine/backend.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import type { TrainingBatch } from "../../pipeline.ts";
import type { Policy } from "./policy.ts";
import { createPolicyLearner } from "./policy-learner.ts";
import { createPolicySampler } from "./policy-sampler.ts";
import { withSamplingPanels, withTrainingPanels } from "./weight-panels.ts";

const plain = createReferenceBackend();
const panelled: Backend = { ...plain, panelWidth: 8 };

const namesOf = ({ panels }: Policy): string[] => [...panels.keys()];

test("a backend that wants no panels, or none of these sizes, gets none", () => {
  expect(namesOf(withSamplingPanels(tinyPolicy(plain)))).toEqual([]);
  expect(namesOf(withTrainingPanels(tinyPolicy({ ...plain, panelWidth: 10 })))).toEqual([]);
});

test("sampling has panels of every linear layer, training of the MLPs, and neither of the embedding alone", () => {
  const policy = tinyPolicy(panelled);
  const layers = [...policy.parameters.keys()].filter((name) => name.endsWith("_proj.weight"));
  expect(namesOf(withSamplingPanels(policy))).toEqual([...layers, "lm_head.weight"]);
  expect(namesOf(withTrainingPanels(policy))).toEqual(layers.filter((name) => name.includes(".mlp.")));
  const tied = tinyPolicy(panelled, { tie_word_embeddings: true });
  expect(namesOf(withSamplingPanels(tied)).at(-1)).toBe("model.embed_tokens.weight");
});

test("weights of which copies would take much memory stay as they are", () => {
  const [layers, vocabulary] = [2, 2 ** 26 / tinySizes.hidden_size];
  const { model, ...policy } = tinyPolicy(panelled);
  const large = model.parameters.map((parameter, index) =>
    index === 0 ? { ...parameter, shape: [vocabulary, tinySizes.hidden_size] } : parameter,
  );
  expect(model.dimensions.layers).toBe(layers);
  expect(namesOf(withSamplingPanels({ ...policy, model: { ...model, parameters: large } }))).toEqual([]);
});

describe("a policy in panels", () => {
  const batch: TrainingBatch = {
    groups: [3, 9].map((first) => ({
      promptTokenIds: [first, 4, 5],
      completions: [
        { tokenIds: [6, 7, 8, 9, 1], weights: [0.5, 1, -1, 0.25, 2] },
        { tokenIds: [8, 2], weights: [-1, 0.5] },
      ],
    })),
  };
  const sampling = { ...unfiltered, maxTokens: 4 };
  const requests = [{ promptTokenIds: [5, 6, 7], count: 3, seed: 1 }];
  const samplerOf = (policy: Policy) =>
    createPolicySampler(policy, { endTokenIds: [0], decode: () => "", maxRows: 8 });

  test("has the same log-probabilities and gradients, also after a step", async () => {
    const learners = [plain, panelled].map((backend) =>
      createPolicyLearner(tinyPolicy(backend), { ...plainLearner, lanes: 2 }),
    );
    for (let step = 0; step < 2; step++) {
      const [expected, found] = await Promise.all(learners.map((learner) => learner.forwardBackward(batch)));
      expect(Math.abs(found.loss - expected.loss)).toBeLessThan(1e-6);
      expectSameGradients(learners[1].gradients, learners[0].gradients);
      for (const learner of learners) {
        learner.optimStep(0.05);
      }
    }
  });

  test("draws the same tokens with the same log-probabilities, also after a step", async () => {
    const policies = [plain, panelled].map((backend) => tinyPolicy(backend));
    const samplers = policies.map(samplerOf);
    const draw = () => samplers.map((sampler) => sampler.sample(requests, sampling).flat());
    const before = draw();
    for (const policy of policies) {
      const learner = createPolicyLearner(policy, plainLearner);
      await learner.forwardBackward(batch);
      learner.optimStep(0.05);
    }
    const after = draw();
    expect(after[0]).not.toEqual(before[0]);
    for (const [expected, found] of [before, after]) {
      found.forEach(({ tokenIds, logprobs }, index) => {
        expect(tokenIds).toEqual(expected[index].tokenIds);
        logprobs.forEach((logprob, t) => {
          expect(Math.abs(logprob - expected[index].logprobs[t])).toBeLessThan(1e-5);
        });
      });
    }
  });
});
