import type { ModelDimensions } from "../../models/model.ts";
import type { SharedPromptLayout } from "../../nn/attention.ts";
import { type AdamWOptions, adamw } from "../../optim/adamw.ts";
import { clipFactor, gradientNorm } from "../../optim/gradient-norm.ts";
import type { NamedValues, OptimizerState } from "../../optim/optimizer.ts";
import type { TrainingBatch } from "../../pipeline.ts";
import type { ForwardBackwardResult, OptimStepResult } from "../learner.ts";
import { createCheckpointedCompiler } from "./checkpointed-passes.ts";
import { createCompiledCache } from "./compiled-cache.ts";
import { createGradientLanes } from "./gradient-lanes.ts";
import type { LossKind } from "./loss-inputs.ts";
import { createLossReport } from "./loss-report.ts";
import {
  type MicroBatch,
  type MicroBatchLimits,
  planMicroBatches,
  rowsPerLane,
  tokensOf,
} from "./micro-batches.ts";
import { runRounds } from "./pass-rounds.ts";
import { namedValues, type Policy } from "./policy.ts";
import { compileTrainingPasses } from "./training-graph.ts";
import type { TrainingPasses } from "./training-pass.ts";
import { createPanelUpdate, withTrainingPanels } from "./weight-panels.ts";

export interface LearnerOptions extends MicroBatchLimits {
  adamw: AdamWOptions;
  /** Gradients are scaled down to this norm; null leaves them. */
  maxGradientNorm: number | null;
  /**
   * Micro-batches that go through side by side, a thread and a set of gradients each; with 1, all threads share every
   * operator instead. It decides the order of summation, and so the last bits of an update.
   */
  lanes: number;
  /** Keeps only the hidden states between layers and computes the rest again on the way back. */
  gradientCheckpointing?: boolean;
}

/** The learner as it runs beside the engine, updating the policy's buffers in place. One call at a time. */
export interface PolicyLearner {
  forwardBackward(batch: TrainingBatch): Promise<ForwardBackwardResult>;
  optimStep(learningRate: number): OptimStepResult;
  /**
   * Gradients accumulated since they were cleared, by the name of the trained parameter: the memory itself, which holds
   * them until the next call.
   */
  readonly gradients: NamedValues;
  /** So does a step, and a batch that fails. */
  clearGradients(): void;
  readonly optimizerState: OptimizerState;
  free(): void;
}

/** Compiled graphs take some 5 kB an operator, so deep models keep fewer of them. */
const compiledLayers = 192;
const mostCompiledLayouts = 32;

/** Layouts whose compiled passes are kept for the batches to come. */
export function keptLayouts({ layers }: ModelDimensions, lanes: number): number {
  const affordable = Math.floor(compiledLayers / layers);
  return Math.max(lanes, 2, Math.min(mostCompiledLayouts, affordable));
}

/** The policy as the learner's graphs read it. Layers that share one graph have no panels of their own. */
export function asLearned(policy: Policy, { gradientCheckpointing = false }: LearnerOptions): Policy {
  return gradientCheckpointing ? policy : withTrainingPanels(policy);
}

export function createPolicyLearner(policy: Policy, options: LearnerOptions): PolicyLearner {
  const inPanels = asLearned(policy, options);
  const panels = createPanelUpdate(inPanels);
  const gradientLanes = createGradientLanes(inPanels, options.lanes);
  const { lanes } = gradientLanes;
  const weights = namedValues(policy.trainable);
  const optimizer = adamw(options.adamw);
  const optimizerState = optimizer.init(weights);
  const usualRows = rowsPerLane(options).most;
  const compile = options.gradientCheckpointing
    ? createCheckpointedCompiler(inPanels, lanes, usualRows)
    : (layout: SharedPromptLayout, loss: LossKind) => compileTrainingPasses(inPanels, layout, loss, lanes);
  const rounds = {
    lanes: options.lanes,
    keptLayouts: keptLayouts(policy.model.dimensions, options.lanes),
  };
  const passes = createCompiledCache<TrainingPasses>(rounds.keptLayouts);
  const passesFor = ({ layout, kind }: MicroBatch): TrainingPasses =>
    passes.get(JSON.stringify([layout, kind]), () => compile(layout, kind));

  return {
    get gradients() {
      return gradientLanes.whole();
    },
    clearGradients: gradientLanes.clear,
    optimizerState,
    forwardBackward: async (batch) => {
      const logprobs: ForwardBackwardResult["logprobs"] = batch.groups.map(({ completions }) =>
        completions.map(() => null),
      );
      const report = createLossReport(batch);
      const microBatches = planMicroBatches(batch, options);
      try {
        panels.run();
        gradientLanes.open();
        await runRounds(microBatches, rounds, passesFor, (group, index, logprobs_T) => {
          logprobs[group][index] = logprobs_T;
          report.add(batch.groups[group].completions[index], logprobs_T);
        });
        gradientLanes.close();
      } catch (error) {
        gradientLanes.clear();
        throw error;
      }
      const tokens = microBatches.reduce((total, microBatch) => total + tokensOf(microBatch), 0);
      return { loss: report.loss, logprobs, tokens, metrics: report.metrics() };
    },
    optimStep: (learningRate) => {
      const gradients = gradientLanes.whole();
      const norm = gradientNorm(gradients);
      const scale = options.maxGradientNorm === null ? 1 : clipFactor(norm, options.maxGradientNorm);
      optimizer.update({
        parameters: weights,
        gradients,
        state: optimizerState,
        learningRate,
        gradientScale: scale,
      });
      gradientLanes.clear();
      return { gradientNorm: norm };
    },
    free: () => {
      passes.clear();
      panels.free();
      gradientLanes.free();
    },
  };
}
