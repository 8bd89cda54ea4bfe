import { gradients } from "../../engine/autodiff.ts";
import type { Buffer, CompiledGraph } from "../../engine/backend.ts";
import { buildGraph, type Graph } from "../../engine/graph.ts";
import { slice } from "../../engine/operations.ts";
import { input } from "../../engine/tensor.ts";
import { tokenLogprobs } from "../../losses/token-logprobs.ts";
import { weightedLogprobLoss } from "../../losses/weighted-logprob-loss.ts";
import { hiddenStates } from "../../models/model.ts";
import { type SharedPromptLayout, sharedPromptAttention } from "../../nn/attention.ts";
import { positionsOf, rowsOf } from "./micro-batches.ts";
import { type Policy, policyBuffers, policyInputs, vocabularyHead } from "./policy.ts";
import {
  allocateTrainingInputs,
  attentionMasks,
  fillTrainingInputs,
  promptRowsOf,
} from "./training-inputs.ts";
import { gradientName, type TrainingPass, type TrainingPasses } from "./training-pass.ts";

/** Forward and backward through the whole model: log-probabilities [P * G * T2] and every gradient, added onto what it was. */
export function buildTrainingGraph(policy: Policy, layout: SharedPromptLayout): Graph {
  const rows = rowsOf(layout);
  const { model, trainable } = policy;
  const { weights, rows: rowInputs } = policyInputs(policy, rows, positionsOf(layout));
  const attend = sharedPromptAttention(layout, model.dimensions, attentionMasks(layout));
  const hidden = hiddenStates(model, weights, rowInputs, attend);
  const completions = model.finalNorm(weights, slice(hidden, 0, promptRowsOf(layout), rows));
  const count = completions.shape[0];
  const targets = input("targets", [count], "integer");
  const logprobs = tokenLogprobs(completions, vocabularyHead(model, weights), targets);
  const loss = weightedLogprobLoss(logprobs, input("weights", [count]));

  const names = [...trainable.keys()];
  const accumulated = gradients(
    loss,
    names.map(weights.tensor),
    [...trainable].map(([name, { shape }]) => input(gradientName(name), shape)),
  );
  const gradientOutputs = names.map((name, index) => [gradientName(name), accumulated[index]]);
  return buildGraph({ logprobs, ...Object.fromEntries(gradientOutputs) });
}

export function compileTrainingPasses(
  policy: Policy,
  layout: SharedPromptLayout,
  gradientLanes: readonly ReadonlyMap<string, Buffer>[],
): TrainingPasses {
  const graph = buildTrainingGraph(policy, layout);
  const parallelism = gradientLanes.length > 1 ? "graphs" : "operators";
  const compiled = policy.backend.compile(graph, { parallelism });
  const lanes = gradientLanes.map((buffers) => createPass(policy, layout, graph, compiled, buffers));
  return {
    lanes,
    free: () => {
      for (const lane of lanes) {
        lane.free();
      }
      compiled.free();
    },
  };
}

function createPass(
  policy: Policy,
  layout: SharedPromptLayout,
  graph: Graph,
  compiled: CompiledGraph,
  gradientBuffers: ReadonlyMap<string, Buffer>,
): TrainingPass {
  const { backend } = policy;
  const own = allocateTrainingInputs(backend, layout);
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
