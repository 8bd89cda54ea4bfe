import { gradients } from "../../engine/autodiff.ts";
import type { Buffer, CompiledGraph } from "../../engine/backend.ts";
import { buildGraph, type Graph } from "../../engine/graph.ts";
import { multiply, slice, sumAll } from "../../engine/operations.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { input } from "../../engine/tensor.ts";
import { rowChunks, tokenLogprobs } from "../../losses/token-logprobs.ts";
import { hiddenStates } from "../../models/model.ts";
import { type SharedPromptLayout, sharedPromptAttention } from "../../nn/attention.ts";
import { chunkedHead } from "./chunked-head.ts";
import type { Accumulators } from "./gradient-lanes.ts";
import { gradientShapes } from "./gradient-shapes.ts";
import { type LossKind, plainLoss, symbolicLoss } from "./loss-inputs.ts";
import { positionsOf, rowsOf } from "./micro-batches.ts";
import type { Policy } from "./policy.ts";
import {
  headRows,
  type PolicyWeights,
  policyBuffers,
  policyInputs,
  vocabularyHead,
} from "./policy-inputs.ts";
import {
  allocateTrainingInputs,
  attentionMasks,
  fillTrainingInputs,
  promptRowsOf,
  type TrainingInputBuffers,
} from "./training-inputs.ts";
import {
  gradientBuffers,
  gradientName,
  passesOver,
  type TrainingPass,
  type TrainingPasses,
} from "./training-pass.ts";

/** What the vocabulary head reads for a layout's completion tokens, [P * G * T2, D]. */
function symbolicCompletions(
  policy: Policy,
  layout: SharedPromptLayout,
): { weights: PolicyWeights; completions: Tensor } {
  const rows = rowsOf(layout);
  const { model } = policy;
  const { weights, rows: rowInputs } = policyInputs(policy, rows, positionsOf(layout));
  const attend = sharedPromptAttention(layout, model.dimensions, attentionMasks(layout));
  const hidden = hiddenStates(model, weights, rowInputs, attend);
  return { weights, completions: headRows(model, weights, slice(hidden, 0, promptRowsOf(layout), rows)) };
}

/** Forward alone: log-probabilities [P * G * T2]. */
export function buildLogprobGraph(policy: Policy, layout: SharedPromptLayout): Graph {
  const { weights, completions } = symbolicCompletions(policy, layout);
  const head = vocabularyHead(policy.model, weights);
  return buildGraph({ logprobs: tokenLogprobs(completions, head, targetsOf(completions)) });
}

/** Forward and backward through the whole model: log-probabilities [P * G * T2] and every gradient, added onto what a lane has. */
export function buildTrainingGraph(
  policy: Policy,
  layout: SharedPromptLayout,
  loss: LossKind = plainLoss,
): Graph {
  const { model } = policy;
  const { weights, completions } = symbolicCompletions(policy, layout);
  const head = vocabularyHead(model, weights);
  const sums = gradientShapes(policy);
  const parameters = sums.map(({ name }) => weights.trained(name));
  const before = sums.map(({ name, laneShape }) => input(gradientName(name), laneShape));
  const { logprobs, accumulated } = throughHead();
  const gradientOutputs = sums.map(({ name }, index) => [gradientName(name), accumulated[index]]);
  return buildGraph({ logprobs, ...Object.fromEntries(gradientOutputs) });

  function throughHead(): { logprobs: Tensor; accumulated: Tensor[] } {
    const chunks = rowChunks(completions.shape[0], head.vocabularySize);
    if (chunks.length === 1) {
      const whole = tokenLogprobs(completions, head, targetsOf(completions));
      return { logprobs: whole, accumulated: gradients(symbolicLoss(whole, loss), parameters, before) };
    }
    const passed = chunkedHead(completions, head, loss, parameters, before, chunks);
    const arriving = sumAll(multiply(completions, passed.rows));
    const accumulated = gradients(arriving, parameters, passed.parameters, [passed.rows]);
    return { logprobs: passed.logprobs, accumulated };
  }
}

function targetsOf(rows: Tensor): Tensor {
  return input("targets", [rows.shape[0]], "integer");
}

export function compileTrainingPasses(
  policy: Policy,
  layout: SharedPromptLayout,
  loss: LossKind,
  lanes: readonly Accumulators[],
): TrainingPasses {
  return compilePasses(policy, layout, loss, buildTrainingGraph(policy, layout, loss), lanes);
}

/** Passes that leave no gradients. */
export function compileLogprobPasses(
  policy: Policy,
  layout: SharedPromptLayout,
  lanes: number,
): TrainingPasses {
  const none: ReadonlyMap<string, Buffer> = new Map();
  const noGradients = { buffers: none, zeros: none, isEmpty: false };
  const accumulators = Array.from({ length: lanes }, () => noGradients);
  return compilePasses(policy, layout, null, buildLogprobGraph(policy, layout), accumulators);
}

function compilePasses(
  policy: Policy,
  layout: SharedPromptLayout,
  loss: LossKind | null,
  graph: Graph,
  accumulators: readonly Accumulators[],
): TrainingPasses {
  const parallelism = accumulators.length > 1 ? "graphs" : "operators";
  const compiled = policy.backend.compile(graph, { parallelism });
  const lanes = accumulators.map((lane) => {
    const own = allocateTrainingInputs(policy.backend, layout, loss);
    return createPass(policy, layout, graph, compiled, own, lane);
  });
  return passesOver(compiled, lanes);
}

function createPass(
  policy: Policy,
  layout: SharedPromptLayout,
  graph: Graph,
  compiled: CompiledGraph,
  own: TrainingInputBuffers,
  lane: Accumulators,
): TrainingPass {
  const logprobs = policy.backend.allocate(graph.outputs.get("logprobs")!.shape);
  const inputs = { ...policyBuffers(policy, positionsOf(layout)), ...own };
  const outputs = { logprobs, ...gradientBuffers(lane.buffers) };
  const bound = new Map(
    [...new Set([lane.zeros, lane.buffers])].map((before) => [
      before,
      compiled.bind({ ...inputs, ...gradientBuffers(before) }, outputs),
    ]),
  );
  return {
    run: async (microBatch) => {
      fillTrainingInputs(own, microBatch, layout);
      const onto = lane.isEmpty ? lane.zeros : lane.buffers;
      lane.isEmpty = false;
      await bound.get(onto)!.runBeside();
      return logprobs.values as Float32Array;
    },
    free: () => {
      for (const graph of bound.values()) {
        graph.free();
      }
    },
  };
}
