import { gradients } from "../../engine/autodiff.ts";
import type { Buffer, CompiledGraph } from "../../engine/backend.ts";
import { buildGraph, type Graph } from "../../engine/graph.ts";
import { multiply, slice, sumAll } from "../../engine/operations.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { input } from "../../engine/tensor.ts";
import { rowChunks, tokenLogprobs } from "../../losses/token-logprobs.ts";
import { hiddenStates } from "../../models/model.ts";
import { type SharedPromptLayout, sharedPromptAttention } from "../../nn/attention.ts";
import type { Weights } from "../../nn/weights.ts";
import { chunkedHead } from "./chunked-head.ts";
import { type LossKind, plainLoss, symbolicLoss } from "./loss-inputs.ts";
import { positionsOf, rowsOf } from "./micro-batches.ts";
import { headRows, type Policy, policyBuffers, policyInputs, vocabularyHead } from "./policy.ts";
import {
  allocateTrainingInputs,
  attentionMasks,
  fillTrainingInputs,
  promptRowsOf,
  type TrainingInputBuffers,
} from "./training-inputs.ts";
import { gradientName, passesOver, type TrainingPass, type TrainingPasses } from "./training-pass.ts";

/** What the vocabulary head reads for a layout's completion tokens, [P * G * T2, D]. */
function symbolicCompletions(
  policy: Policy,
  layout: SharedPromptLayout,
): { weights: Weights; completions: Tensor } {
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

/** Forward and backward through the whole model: log-probabilities [P * G * T2] and every gradient, added onto what it was. */
export function buildTrainingGraph(
  policy: Policy,
  layout: SharedPromptLayout,
  loss: LossKind = plainLoss,
): Graph {
  const { model, trainable } = policy;
  const { weights, completions } = symbolicCompletions(policy, layout);
  const head = vocabularyHead(model, weights);
  const names = [...trainable.keys()];
  const parameters = names.map(weights.tensor);
  const before = [...trainable].map(([name, { shape }]) => input(gradientName(name), shape));
  const { logprobs, accumulated } = throughHead();
  const gradientOutputs = names.map((name, index) => [gradientName(name), accumulated[index]]);
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
  gradientLanes: readonly ReadonlyMap<string, Buffer>[],
): TrainingPasses {
  return compilePasses(policy, layout, loss, buildTrainingGraph(policy, layout, loss), gradientLanes);
}

/** Passes that leave no gradients. */
export function compileLogprobPasses(
  policy: Policy,
  layout: SharedPromptLayout,
  lanes: number,
): TrainingPasses {
  const noGradients = Array.from({ length: lanes }, () => new Map<string, Buffer>());
  return compilePasses(policy, layout, null, buildLogprobGraph(policy, layout), noGradients);
}

function compilePasses(
  policy: Policy,
  layout: SharedPromptLayout,
  loss: LossKind | null,
  graph: Graph,
  gradientLanes: readonly ReadonlyMap<string, Buffer>[],
): TrainingPasses {
  const parallelism = gradientLanes.length > 1 ? "graphs" : "operators";
  const compiled = policy.backend.compile(graph, { parallelism });
  const lanes = gradientLanes.map((buffers) => {
    const own = allocateTrainingInputs(policy.backend, layout, loss);
    return createPass(policy, layout, graph, compiled, own, buffers);
  });
  return passesOver(compiled, lanes);
}

function createPass(
  policy: Policy,
  layout: SharedPromptLayout,
  graph: Graph,
  compiled: CompiledGraph,
  own: TrainingInputBuffers,
  gradientBuffers: ReadonlyMap<string, Buffer>,
): TrainingPass {
  const { backend } = policy;
  const accumulators = Object.fromEntries(
    [...gradientBuffers].map(([name, buffer]) => [gradientName(name), buffer]),
  );
  const logprobs = backend.allocate(graph.outputs.get("logprobs")!.shape);
  const bound = compiled.bind(
    { ...policyBuffers(policy, positionsOf(layout)), ...own, ...accumulators },
    { logprobs, ...accumulators },
  );
  return {
    run: async (microBatch) => {
      fillTrainingInputs(own, microBatch, layout);
      await bound.runBeside();
      return logprobs.values as Float32Array;
    },
    free: () => bound.free(),
  };
}
