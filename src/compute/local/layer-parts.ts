import type { CompiledGraph, CompileOptions } from "../../engine/backend.ts";
import type { Graph } from "../../engine/graph.ts";
import { type RowChunk, rowChunks } from "../../losses/token-logprobs.ts";
import type { SharedPromptLayout } from "../../nn/attention.ts";
import {
  embeddingBackward,
  embeddingForward,
  headForwardBackward,
  layerBackward,
  layerForward,
} from "./layer-graphs.ts";
import type { LossKind } from "./loss-inputs.ts";
import { rowsOf } from "./micro-batches.ts";
import type { Policy } from "./policy.ts";
import { promptRowsOf } from "./training-inputs.ts";

/** A compiled graph that can be bound to any buffers. */
export interface Part {
  graph: Graph;
  compiled: CompiledGraph;
}

export interface LayerPart {
  /** The layer whose names the inputs and outputs have. */
  namesOf: number;
  forward: Part;
  backward: Part;
}

/** A run of completion rows and the graph for its length. */
export interface HeadPart {
  start: number;
  end: number;
  part: Part;
}

/** The compiled parts of a model that is run one layer at a time, for one layout. */
export interface LayerParts {
  embeddingForward: Part;
  /** null where the embedding is not trained. */
  embeddingBackward: Part | null;
  /** One for each layer; layers with the same parameters share theirs. */
  layers: readonly LayerPart[];
  head: readonly HeadPart[];
  free(): void;
}

export function compileLayerParts(
  policy: Policy,
  layout: SharedPromptLayout,
  loss: LossKind,
  options: CompileOptions,
): LayerParts {
  const { layers } = policy.model.dimensions;
  const all: CompiledGraph[] = [];
  const compile = (graph: Graph): Part => {
    const compiled = policy.backend.compile(graph, options);
    all.push(compiled);
    return { graph, compiled };
  };
  const layerPart = remembered(
    (_: string, layer: number, forward: Graph): LayerPart => ({
      namesOf: layer,
      forward: compile(forward),
      backward: compile(layerBackward(policy, layout, layer)),
    }),
  );
  const headPart = remembered((rows: number): Part => compile(headForwardBackward(policy, rows, loss)));

  const rows = rowsOf(layout);
  const backwardOfEmbedding = embeddingBackward(policy, rows);
  const chunks = headChunks(policy, layout);
  return {
    embeddingForward: compile(embeddingForward(policy, rows)),
    embeddingBackward: backwardOfEmbedding && compile(backwardOfEmbedding),
    layers: Array.from({ length: layers }, (_, layer) => {
      const forward = layerForward(policy, layout, layer);
      const parameters = [...forward.inputs.keys()].map((name) => renamed(policy, name, layer, 0));
      return layerPart(parameters.join(), layer, forward);
    }),
    head: chunks.map(({ start, end }) => ({ start, end, part: headPart(end - start) })),
    free: () => {
      for (const compiled of all) {
        compiled.free();
      }
    },
  };
}

/** The graphs of one layer and of the head at its longest, which take the most memory. */
export function* largestGraphs(policy: Policy, layout: SharedPromptLayout): Generator<Graph> {
  yield layerBackward(policy, layout, 0);
  const [{ start, end }] = headChunks(policy, layout);
  yield headForwardBackward(policy, end - start);
}

/** The name of a layer's parameter, or of its gradient, as another layer has it. */
export function renamed({ model }: Policy, name: string, layer: number, other: number): string {
  return name.replace(model.layerPrefix(layer), model.layerPrefix(other));
}

/** Calls `make` once for each key. */
function remembered<Key, Rest extends unknown[], T>(
  make: (key: Key, ...rest: Rest) => T,
): (key: Key, ...rest: Rest) => T {
  const made = new Map<Key, T>();
  return (key, ...rest) => {
    const value = made.get(key) ?? make(key, ...rest);
    made.set(key, value);
    return value;
  };
}

/** Completion rows in runs of which the head takes one at a time. */
function headChunks({ model }: Policy, layout: SharedPromptLayout): RowChunk[] {
  return rowChunks(rowsOf(layout) - promptRowsOf(layout), model.dimensions.vocabularySize);
}
