import type { Buffer } from "../../engine/backend.ts";
import { type AdamWOptions, adamw } from "../../optim/adamw.ts";
import { clipFactor, gradientNorm } from "../../optim/gradient-norm.ts";
import type { NamedValues, OptimizerState } from "../../optim/optimizer.ts";
import type { TrainingBatch } from "../../pipeline.ts";
import type { ForwardBackwardResult, OptimStepResult } from "../learner.ts";
import { createCompiledCache } from "./compiled-cache.ts";
import { type MicroBatch, planMicroBatches, rowsOf } from "./micro-batches.ts";
import type { Policy } from "./policy.ts";
import { compileTrainingPass, type TrainingPass } from "./training-graph.ts";

export interface LearnerOptions {
  adamw: AdamWOptions;
  /** Gradients are scaled down to this norm; null leaves them. */
  maxGradientNorm: number | null;
  /** Rows (tokens and padding) that go through the model at once; changes memory and speed, never the update. */
  microBatchTokens: number;
}

/** The learner as it runs beside the engine: synchronous, updating the policy's buffers in place. */
export interface PolicyLearner {
  forwardBackward(batch: TrainingBatch): ForwardBackwardResult;
  optimStep(learningRate: number): OptimStepResult;
  /** Gradients accumulated since the last step, by parameter name. */
  readonly gradients: NamedValues;
  readonly optimizerState: OptimizerState;
  free(): void;
}

const compiledLayouts = 24;

export function createPolicyLearner(policy: Policy, options: LearnerOptions): PolicyLearner {
  const { backend, parameters } = policy;
  const gradientBuffers = new Map(
    [...parameters].map(([name, { shape }]) => [name, backend.allocate(shape)]),
  );
  const gradients = valuesOf(gradientBuffers);
  const weights = valuesOf(parameters);
  const optimizer = adamw(options.adamw);
  const optimizerState = optimizer.init(weights);
  const passes = createCompiledCache<TrainingPass>(compiledLayouts);

  return {
    gradients,
    optimizerState,
    forwardBackward: (batch) => {
      const logprobs: ForwardBackwardResult["logprobs"] = batch.groups.map(({ completions }) =>
        completions.map(() => null),
      );
      let loss = 0;
      let tokens = 0;
      for (const microBatch of planMicroBatches(batch, options.microBatchTokens)) {
        const { layout } = microBatch;
        const pass = passes.get(JSON.stringify(layout), () =>
          compileTrainingPass(policy, layout, gradientBuffers),
        );
        loss += collect(pass.run(microBatch), microBatch, logprobs);
        tokens += rowsOf(layout);
      }
      return { loss, logprobs, tokens };
    },
    optimStep: (learningRate) => {
      const norm = gradientNorm(gradients);
      const scale = options.maxGradientNorm === null ? 1 : clipFactor(norm, options.maxGradientNorm);
      optimizer.update({
        parameters: weights,
        gradients,
        state: optimizerState,
        learningRate,
        gradientScale: scale,
      });
      for (const values of Object.values(gradients)) {
        values.fill(0);
      }
      return { gradientNorm: norm };
    },
    free: () => passes.clear(),
  };
}

function valuesOf(buffers: ReadonlyMap<string, Buffer>): NamedValues {
  return Object.fromEntries([...buffers].map(([name, { values }]) => [name, values as Float32Array]));
}

/** Files the log-probabilities of a micro-batch under their completions and returns its share of the loss. */
function collect(
  values: Float32Array,
  { slices, layout }: MicroBatch,
  logprobs: ForwardBackwardResult["logprobs"],
): number {
  let loss = 0;
  slices.forEach(({ group, completions }, prompt) => {
    completions.forEach(({ index, completion }, member) => {
      const start = (prompt * layout.completions + member) * layout.completionLength;
      const own = Array.from(values.subarray(start, start + completion.tokenIds.length));
      logprobs[group][index] = own;
      loss -= own.reduce((sum, logprob, t) => sum + logprob * completion.weights[t], 0);
    });
  });
  return loss;
}
