import type { BoundGraph, Buffer } from "../../engine/backend.ts";
import type { SharedPromptLayout } from "../../nn/attention.ts";
import { type Accumulators, clearIfEmpty } from "./gradient-lanes.ts";
import { compileLayerParts, type HeadPart, type LayerParts, type Part, renamed } from "./layer-parts.ts";
import { type LossKind, lossInputNames } from "./loss-inputs.ts";
import { positionsOf, rowsOf } from "./micro-batches.ts";
import type { Policy } from "./policy.ts";
import { policyBuffers } from "./policy-inputs.ts";
import { createReusedBuffers } from "./reused-buffers.ts";
import {
  allocateTrainingInputs,
  fillTrainingInputs,
  promptRowsOf,
  type TrainingInputBuffers,
} from "./training-inputs.ts";
import { gradientBuffers, passesOver, type TrainingPass, type TrainingPasses } from "./training-pass.ts";

/**
 * Passes with gradient checkpointing: only the hidden states between layers are kept, and each layer is computed again on
 * the way back, which costs a third more products and takes a fraction of the memory. A graph holds one layer and runs
 * once for each: what it computed is gone before the next begins, and there is little to compile. Memory for hidden
 * states is made for `usualRows` rows, and anew for a layout that has more.
 */
export function createCheckpointedCompiler(
  policy: Policy,
  gradientLanes: readonly Accumulators[],
  usualRows: number,
): (layout: SharedPromptLayout, loss: LossKind) => TrainingPasses {
  const parallelism = gradientLanes.length > 1 ? "graphs" : "operators";
  const statesOfLanes = gradientLanes.map(() => createHiddenStates(policy, usualRows));
  return (layout, loss) => {
    const parts = compileLayerParts(policy, layout, loss, { parallelism });
    const lanes = gradientLanes.map((accumulators, lane) =>
      createPass(policy, layout, loss, parts, accumulators, statesOfLanes[lane](rowsOf(layout))),
    );
    return passesOver(parts, lanes);
  };
}

/** Hidden states before and after every layer, and two gradients of them that layers take turns with, [rows, D] each. */
interface HiddenStates {
  hidden: readonly Buffer[];
  gradientPair: readonly Buffer[];
}

/** The hidden states of one lane for any number of rows: passes over other layouts use the same memory, one at a time. */
function createHiddenStates({ backend, model }: Policy, usualRows: number): (rows: number) => HiddenStates {
  const { layers, hiddenSize } = model.dimensions;
  const count = layers + 3;
  const buffers = createReusedBuffers(backend, count * usualRows * hiddenSize);
  return (rows) => {
    const states = buffers(Array.from({ length: count }, () => [rows, hiddenSize]));
    return { hidden: states.slice(0, layers + 1), gradientPair: states.slice(layers + 1) };
  };
}

type Buffers = Readonly<Record<string, Buffer>>;

/** A chunk of the head with the targets it reads, which are copied out of all of them. */
interface HeadChunk extends HeadPart {
  targets: Buffer;
  bound: BoundGraph;
}

function createPass(
  policy: Policy,
  layout: SharedPromptLayout,
  loss: LossKind,
  parts: LayerParts,
  lane: Accumulators,
  { hidden, gradientPair }: HiddenStates,
): TrainingPass {
  const { backend, model } = policy;
  const { layers, hiddenSize } = model.dimensions;
  const rows = rowsOf(layout);
  const promptRows = promptRowsOf(layout);
  const own = allocateTrainingInputs(backend, layout, loss);
  const logprobs = backend.allocate([rows - promptRows]);
  // Each layer reads the gradient of its output from one and writes that of its input to the other.
  const hiddenGradient = (layer: number): Buffer => gradientPair[(layers - layer) % 2];

  const accumulators = gradientBuffers(lane.buffers);
  const shared: Buffers = { ...policyBuffers(policy, positionsOf(layout)), ...own, ...accumulators };
  const everyBound: BoundGraph[] = [];
  const bind = (
    { graph, compiled }: Part,
    inputs: Buffers,
    outputs: Buffers,
    nameOf = (name: string): string => name,
  ): BoundGraph => {
    const select = (names: Iterable<string>, from: Buffers): Buffers =>
      Object.fromEntries(Array.from(names, (name) => [name, from[nameOf(name)]]));
    const bound = compiled.bind(
      select(graph.inputs.keys(), { ...shared, ...inputs }),
      select(graph.outputs.keys(), { ...accumulators, ...outputs }),
    );
    everyBound.push(bound);
    return bound;
  };

  const embed = bind(parts.embeddingForward, {}, { hidden: hidden[0] });
  const forward = parts.layers.map(({ namesOf, forward: part }, layer) =>
    bind(part, { hidden: hidden[layer] }, { hidden: hidden[layer + 1] }, (name) =>
      renamed(policy, name, namesOf, layer),
    ),
  );
  const head = parts.head.map(({ start, end, part }): HeadChunk => {
    const targets = backend.allocate([end - start], "integer");
    const from = (buffer: Buffer, offset = 0): Buffer =>
      rowsOfBuffer(policy, buffer, offset + start, offset + end);
    const lossInputs = lossInputNames(loss).map((name) => [name, from(own[name]!)]);
    const bound = bind(
      part,
      { targets, ...Object.fromEntries(lossInputs), hidden: from(hidden[layers], promptRows) },
      { logprobs: from(logprobs), hiddenGradient: from(hiddenGradient(layers), promptRows) },
    );
    return { start, end, part, targets, bound };
  });
  const backward = parts.layers.map(({ namesOf, backward: part }, layer) =>
    bind(
      part,
      { hidden: hidden[layer], hiddenGradient: hiddenGradient(layer + 1) },
      { hiddenGradient: hiddenGradient(layer) },
      (name) => renamed(policy, name, namesOf, layer),
    ),
  );
  const embedBackward =
    parts.embeddingBackward && bind(parts.embeddingBackward, { hiddenGradient: hiddenGradient(0) }, {});

  return {
    run: async (microBatch) => {
      fillTrainingInputs(own, microBatch, layout);
      copyTargets(head, own);
      clearIfEmpty(lane);
      // Prompt rows have no loss of their own.
      hiddenGradient(layers).values.fill(0 as never, 0, promptRows * hiddenSize);
      const order = [embed, ...forward, ...head.map(({ bound }) => bound), ...backward.toReversed()];
      for (const bound of embedBackward ? [...order, embedBackward] : order) {
        await bound.runBeside();
      }
      return logprobs.values as Float32Array;
    },
    free: () => {
      for (const bound of everyBound) {
        bound.free();
      }
    },
  };
}

/** Rows `start` to `end` of a buffer, in place. */
function rowsOfBuffer({ backend }: Policy, { values, shape }: Buffer, start: number, end: number): Buffer {
  const width = values.length / shape[0];
  const part = (values as Float32Array).subarray(start * width, end * width);
  return backend.wrap(part, [end - start, ...shape.slice(1)]);
}

function copyTargets(head: readonly HeadChunk[], { targets: all }: TrainingInputBuffers): void {
  for (const { start, end, targets } of head) {
    (targets.values as BigInt64Array).set((all.values as BigInt64Array).subarray(start, end));
  }
}
