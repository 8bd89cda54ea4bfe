import { gradients } from "../../engine/autodiff.ts";
import type { BoundGraph, Buffer, CompiledGraph } from "../../engine/backend.ts";
import { buildGraph, type Graph } from "../../engine/graph.ts";
import { slice } from "../../engine/operations.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { input } from "../../engine/tensor.ts";
import { tokenLogprobs } from "../../losses/token-logprobs.ts";
import { weightedLogprobLoss } from "../../losses/weighted-logprob-loss.ts";
import { hiddenStates } from "../../models/model.ts";
import { masked, type SharedPromptLayout, sharedPromptAttention } from "../../nn/attention.ts";
import { causalMask } from "./causal-mask.ts";
import { type MicroBatch, rowsOf } from "./micro-batches.ts";
import { type Policy, policyBuffers, policyInputs } from "./policy.ts";

/** Name under which a parameter's gradient goes in and out of the graph. */
function gradientName(parameter: string): string {
  return `gradient:${parameter}`;
}

function buildTrainingGraph(policy: Policy, layout: SharedPromptLayout): Graph {
  const { prompts, promptLength, completionLength } = layout;
  const rows = rowsOf(layout);
  const promptRows = prompts * promptLength;
  const completionRows = rows - promptRows;
  const { weights, rows: rowInputs } = policyInputs(policy, rows);
  const masks = {
    promptMask: promptRows > 0 ? input("promptMask", [promptLength, promptLength]) : null,
    completionMask: input(
      "completionMask",
      promptRows > 0
        ? [prompts, 1, completionLength, promptLength + completionLength]
        : [completionLength, completionLength],
    ),
  };
  const { model } = policy;
  const attend = sharedPromptAttention(layout, model.dimensions, masks);
  const hidden = hiddenStates(model, weights, rowInputs, attend);
  const completionHidden = model.finalNorm(weights, slice(hidden, 0, promptRows, rows));
  const targets = input("targets", [completionRows], "integer");
  const head = {
    vocabularySize: model.dimensions.vocabularySize,
    logits: (rows: Tensor) => weights.linear(rows, model.headLayer),
    logitsAt: (rows: Tensor, tokenIds: Tensor) => weights.linearAt(rows, model.headLayer, tokenIds),
  };
  const logprobs = tokenLogprobs(completionHidden, head, targets);
  const loss = weightedLogprobLoss(logprobs, input("weights", [completionRows]));

  const names = [...policy.trainable.keys()];
  const accumulated = gradients(
    loss,
    names.map(weights.tensor),
    [...policy.trainable].map(([name, { shape }]) => input(gradientName(name), shape)),
  );
  const gradientOutputs = names.map((name, index) => [gradientName(name), accumulated[index]]);
  return buildGraph({ logprobs, ...Object.fromEntries(gradientOutputs) });
}

/** A forward and backward pass over one layout, tied to the policy's weights and one set of gradient buffers. */
export interface TrainingPass {
  /** Adds the micro-batch's gradients onto the buffers and gives its log-probabilities [P * G * T2]. */
  run(microBatch: MicroBatch): Promise<Float32Array>;
  free(): void;
}

/** Passes over one layout that share a compiled graph, one for each set of gradient buffers: they can run side by side. */
export interface TrainingPasses {
  readonly lanes: readonly TrainingPass[];
  free(): void;
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

/** Written anew for each micro-batch. */
const ownInputs = ["tokenIds", "positions", "targets", "weights", "completionMask"];

function createPass(
  policy: Policy,
  layout: SharedPromptLayout,
  graph: Graph,
  compiled: CompiledGraph,
  gradientBuffers: ReadonlyMap<string, Buffer>,
): TrainingPass {
  const { backend } = policy;
  const own: Record<string, Buffer> = {};
  for (const name of ownInputs) {
    const { shape, elementType } = graph.inputs.get(name)!;
    own[name] = backend.allocate(shape, elementType);
  }
  const accumulators = Object.fromEntries(
    [...gradientBuffers].map(([name, buffer]) => [gradientName(name), buffer]),
  );
  const logprobs = backend.allocate(graph.outputs.get("logprobs")!.shape);
  const bound: BoundGraph = compiled.bind(
    {
      ...policyBuffers(policy),
      ...own,
      ...accumulators,
      promptMask: causalMask(backend, layout.promptLength),
    },
    { logprobs, ...accumulators },
  );
  return {
    run: async (microBatch) => {
      fillInputs(own, microBatch, layout);
      await bound.runBeside();
      return logprobs.values as Float32Array;
    },
    free: () => bound.free(),
  };
}

/** Rows: prompts [P, T1] without their last token, then completions [P, G, T2], each led by the last prompt token. */
function fillInputs(own: Record<string, Buffer>, { slices }: MicroBatch, layout: SharedPromptLayout): void {
  const { prompts, promptLength, completions, completionLength } = layout;
  const tokenIds = own.tokenIds.values as BigInt64Array;
  const positions = own.positions.values as BigInt64Array;
  const targets = own.targets.values as BigInt64Array;
  const weights = own.weights.values as Float32Array;
  for (const values of [tokenIds, positions, targets]) {
    values.fill(0n);
  }
  weights.fill(0);
  const promptRows = prompts * promptLength;
  slices.forEach(({ promptTokenIds, completions: members }, prompt) => {
    const context = promptTokenIds.length - 1;
    for (let t = 0; t < context; t++) {
      tokenIds[prompt * promptLength + t] = BigInt(promptTokenIds[t]);
      positions[prompt * promptLength + t] = BigInt(t);
    }
    members.forEach(({ completion }, member) => {
      const start = (prompt * completions + member) * completionLength;
      completion.tokenIds.forEach((token, t) => {
        const previous = t === 0 ? promptTokenIds[context] : completion.tokenIds[t - 1];
        tokenIds[promptRows + start + t] = BigInt(previous);
        positions[promptRows + start + t] = BigInt(context + t);
        targets[start + t] = BigInt(token);
        weights[start + t] = completion.weights[t];
      });
    });
  });
  fillCompletionMask(
    own.completionMask.values as Float32Array,
    slices.map(({ promptTokenIds }) => promptTokenIds.length - 1),
    layout,
  );
}

/** Hides the padding of each prompt and, within a completion, what follows a position. */
function fillCompletionMask(
  completionMask: Float32Array,
  contexts_P: readonly number[],
  { promptLength, completionLength }: SharedPromptLayout,
): void {
  const total = promptLength + completionLength;
  const perPrompt = completionLength * total;
  for (let prompt = 0; prompt < completionMask.length / perPrompt; prompt++) {
    const context = contexts_P[prompt];
    for (let t = 0; t < completionLength; t++) {
      const row = prompt * perPrompt + t * total;
      completionMask.fill(0, row, row + total);
      if (promptLength > 0) {
        completionMask.fill(masked, row + context, row + promptLength);
      }
      completionMask.fill(masked, row + promptLength + t + 1, row + total);
    }
  }
}
