import type { Buffer } from "../../engine/backend.ts";
import { multiply } from "../../engine/operations.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { input } from "../../engine/tensor.ts";
import type { VocabularyHead } from "../../losses/token-logprobs.ts";
import type { LanguageModel } from "../../models/model.ts";
import { type LinearLayer, linear, linearAt, type WeightPanels } from "../../nn/linear.ts";
import { swigluMlp } from "../../nn/mlp.ts";
import type { Rows } from "../../nn/rows.ts";
import type { Weights } from "../../nn/weights.ts";
import { type Policy, weightName } from "./policy.ts";
import { panelBuffers, panelsName, trainedPanels } from "./weight-panels.ts";

/** A policy's weights in the graph that is being built. */
export interface PolicyWeights extends Weights {
  /** What the gradient of a parameter flows to: the parameter or its panels. */
  trained(name: string): Tensor;
}

/** Symbolic stand-ins for the policy's buffers and for `rows` rows of tokens at positions below `positions`, one input each. */
export function policyInputs(
  policy: Policy,
  rows: number,
  positions: number,
): { weights: PolicyWeights; rows: Rows } {
  const table = [positions, policy.model.dimensions.headSize / 2];
  return {
    weights: policyWeights(policy),
    rows: {
      tokenIds: input("tokenIds", [rows], "integer"),
      positions: input("positions", [rows], "integer"),
      cosines: input("cosines", table),
      sines: input("sines", table),
    },
  };
}

export function policyWeights({ model, parameters, adapter, panels }: Policy): PolicyWeights {
  const inputs = new Map<string, Tensor>();
  const inputOf = (name: string, { shape }: Buffer): Tensor => {
    const known = inputs.get(name) ?? input(name, shape);
    inputs.set(name, known);
    return known;
  };
  const tensor = (name: string): Tensor =>
    inputOf(name, (parameters.get(name) ?? adapter?.parameters.get(name))!);
  const panelsOf = (weight: string): WeightPanels | undefined => {
    const { forward, backward } = panels.get(weight) ?? {};
    return (
      forward && {
        forward: inputOf(panelsName("forward", weight), forward),
        backward: backward && inputOf(panelsName("backward", weight), backward),
      }
    );
  };
  const layerOf = (name: string): LinearLayer => {
    const weight = weightName(model, name);
    const bias = `${name}.bias`;
    const adapted = adapter?.layers.get(name);
    return {
      weight: tensor(weight),
      bias: parameters.has(bias) ? tensor(bias) : undefined,
      adapter: adapted && { a: tensor(adapted.a), b: tensor(adapted.b), scale: adapted.scale },
      panels: panelsOf(weight),
    };
  };
  return {
    tensor,
    trained: (name) => {
      const trained = trainedPanels(panels.get(name));
      return trained ? inputOf(panelsName(trained.direction, name), trained.buffer) : tensor(name);
    },
    linear: (x, name) => linear(x, layerOf(name)),
    linearAt: (x, name, indices) => linearAt(x, layerOf(name), indices),
    swigluMlp: (x, { gate, up, down }) =>
      swigluMlp(x, { gate: layerOf(gate), up: layerOf(up), down: layerOf(down) }),
  };
}

/**
 * What the vocabulary head reads of the last layer's rows [N, D], for logits that are divided by the temperature already;
 * `inverseTemperature` is an input [].
 */
export function headRows(model: LanguageModel, weights: Weights, hidden: Tensor): Tensor {
  return multiply(model.finalNorm(weights, hidden), input("inverseTemperature", []));
}

/** The vocabulary head as losses want it. */
export function vocabularyHead({ dimensions, headLayer }: LanguageModel, weights: Weights): VocabularyHead {
  return {
    vocabularySize: dimensions.vocabularySize,
    logits: (rows) => weights.linear(rows, headLayer),
    logitsAt: (rows, tokenIds) => weights.linearAt(rows, headLayer, tokenIds),
  };
}

/** The buffers that `policyInputs` stands for, but for the rows' own. */
export function policyBuffers(policy: Policy, positions: number): Record<string, Buffer> {
  return {
    ...Object.fromEntries(policy.parameters),
    ...Object.fromEntries(policy.adapter?.parameters ?? []),
    ...Object.fromEntries(panelBuffers(policy)),
    ...policy.rotaryTables(positions),
  };
}
