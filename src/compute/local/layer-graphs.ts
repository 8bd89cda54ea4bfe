import { gradients } from "../../engine/autodiff.ts";
import { buildGraph, type Graph } from "../../engine/graph.ts";
import { multiply, sumAll } from "../../engine/operations.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { input } from "../../engine/tensor.ts";
import { internalError } from "../../errors.ts";
import { tokenLogprobs } from "../../losses/token-logprobs.ts";
import { type SharedPromptLayout, sharedPromptAttention } from "../../nn/attention.ts";
import { weightsUnder } from "../../nn/weights.ts";
import { gradientShapes } from "./gradient-shapes.ts";
import { type LossKind, plainLoss, symbolicLoss } from "./loss-inputs.ts";
import { positionsOf, rowsOf } from "./micro-batches.ts";
import type { Policy } from "./policy.ts";
import { headRows, policyInputs, policyWeights, vocabularyHead } from "./policy-inputs.ts";
import { attentionMasks } from "./training-inputs.ts";
import { gradientName } from "./training-pass.ts";

// The parts of a model that is run one layer at a time. `hidden` goes in and out of each, [N, D]; on the way back
// `hiddenGradient` does, and the gradients of trained parameters are added onto what they were.

/** Token ids [N] -> `hidden`. */
export function embeddingForward(policy: Policy, rows: number): Graph {
  return buildGraph({ hidden: embed(policy, rows) });
}

/** What arrives at the embedding; null where it is not trained. */
export function embeddingBackward(policy: Policy, rows: number): Graph | null {
  const outputs = backward(policy, arriving(embed(policy, rows)));
  return Object.keys(outputs).length > 0 ? buildGraph(outputs) : null;
}

/** One decoder layer. */
export function layerForward(policy: Policy, layout: SharedPromptLayout, layer: number): Graph {
  return buildGraph({ hidden: applyLayer(policy, layout, layer, hiddenInput(policy, rowsOf(layout))) });
}

/** One decoder layer backwards; its activations are computed anew from `hidden`. */
export function layerBackward(policy: Policy, layout: SharedPromptLayout, layer: number): Graph {
  const hidden = hiddenInput(policy, rowsOf(layout));
  return buildGraph(backward(policy, arriving(applyLayer(policy, layout, layer, hidden)), hidden));
}

/** The last norm, the vocabulary head and the loss over `count` completion rows, and back: `logprobs` and gradients. */
export function headForwardBackward(policy: Policy, count: number, kind: LossKind = plainLoss): Graph {
  const { model } = policy;
  const weights = policyWeights(policy);
  const hidden = hiddenInput(policy, count);
  const targets = input("targets", [count], "integer");
  const logprobs = tokenLogprobs(headRows(model, weights, hidden), vocabularyHead(model, weights), targets);
  return buildGraph({ logprobs, ...backward(policy, symbolicLoss(logprobs, kind), hidden) });
}

function hiddenInput({ model }: Policy, rows: number): Tensor {
  return input("hidden", [rows, model.dimensions.hiddenSize]);
}

function embed(policy: Policy, rows: number): Tensor {
  return policy.model.embed(policyWeights(policy), input("tokenIds", [rows], "integer"));
}

function applyLayer(policy: Policy, layout: SharedPromptLayout, layer: number, hidden: Tensor): Tensor {
  const { model } = policy;
  const { weights, rows } = policyInputs(policy, rowsOf(layout), positionsOf(layout));
  const attend = sharedPromptAttention(layout, model.dimensions, attentionMasks(layout));
  return model.layer(weightsUnder(weights, model.layerPrefix(layer)), hidden, rows, attend);
}

/** A scalar whose gradients are those that follow from `hiddenGradient` at `output`. */
function arriving(output: Tensor): Tensor {
  return sumAll(multiply(output, input("hiddenGradient", output.shape)));
}

/** The gradients of the trained parameters that `loss` depends on, and of `hidden` where it is given. */
function backward(policy: Policy, loss: Tensor, hidden?: Tensor): Record<string, Tensor> {
  if (policy.panels.size > 0) {
    throw internalError("layers that share a graph have no panels");
  }
  const { inputs } = buildGraph({ loss });
  const sums = gradientShapes(policy).filter(({ name }) => inputs.has(name));
  const found = gradients(
    loss,
    [...sums.map(({ name }) => inputs.get(name)!), ...(hidden ? [hidden] : [])],
    sums.map(({ name, laneShape }) => input(gradientName(name), laneShape)),
  );
  const parameterGradients = Object.fromEntries(
    sums.map(({ name }, index) => [gradientName(name), found[index]]),
  );
  return hidden ? { ...parameterGradients, hiddenGradient: found[sums.length] } : parameterGradients;
}
