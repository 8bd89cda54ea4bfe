import { peakMemory } from "../../engine/backends/onnxruntime/peak-memory.ts";
import type { Graph } from "../../engine/graph.ts";
import { type Shape, sizeOf } from "../../engine/shape.ts";
import { momentBytes } from "../../optim/moment.ts";
import type { TrainingBatch } from "../../pipeline.ts";
import type { SamplingParameters } from "../sampler.ts";
import { capacitiesOf, firstLayout, planWaves } from "./decode-layouts.ts";
import { prefillPrompts } from "./decode-session.ts";
import type { EngineSettings } from "./engine-settings.ts";
import { buildDecodeGraph, buildPrefillGraph, type DecodeLayout } from "./generation-graphs.ts";
import { largestGraphs } from "./layer-parts.ts";
import type { ModelDescription } from "./local-model.ts";
import { largestLayout, planMicroBatches, rowsOf, rowsPerLane } from "./micro-batches.ts";
import { laidOutPositions, type Policy } from "./policy.ts";
import { asLearned, keptLayouts, type LearnerOptions } from "./policy-learner.ts";
import { keptBytes } from "./policy-sampler.ts";
import { shapeOnlyPolicy } from "./shape-only.ts";
import { buildLogprobGraph, buildTrainingGraph } from "./training-graph.ts";
import { panelBuffers, withSamplingPanels } from "./weight-panels.ts";

/** The largest step that a run can come to: every prompt and every completion at its limit. */
export interface Workload {
  promptsPerStep: number;
  completionsPerPrompt: number;
  maxPromptTokens: number;
  sampling: SamplingParameters;
  /** Problems that an evaluation decodes, one completion each; 0 for none. */
  evaluationProblems: number;
  /** Policies whose log-probabilities a step looks up without a gradient. */
  lookups: number;
}

/** Bytes at the fullest moment, by what holds them. */
export interface MemoryEstimate {
  program: number;
  weights: number;
  /** Copies of weights in panels, which products read. */
  panels: number;
  gradients: number;
  optimizer: number;
  /** What a forward and backward pass, or the sampler where it needs more, computes on the way. */
  activations: number;
  /** Keys and values of the completions being decoded. */
  caches: number;
  total: number;
}

const bytesPerFloat = 4;
// Measured on runs of this program; docs/performance.md has the comparison.
/** Threads of Node, ONNX Runtime, the rewards' workers and a tokenizer, before any model. */
const programBytes = 250e6;
/** An operator of a compiled graph. */
const operatorBytes = 5e3;
/** What ONNX Runtime's arena takes for what a graph holds. */
const arenaShare = 1.15;

/** What training takes at most, found by going through the graphs that it would run. */
export function estimateMemory(
  { model, adapter }: Pick<ModelDescription, "model" | "adapter">,
  options: EngineSettings,
  workload: Workload,
): MemoryEstimate {
  const policy = shapeOnlyPolicy(model, adapter);
  const learned = asLearned(policy, options.learner);
  const sampled = withSamplingPanels(policy);
  const trained = [...policy.trainable.values()].map(({ shape }) => sizeOf(shape));
  const { statePrecision = "float32" } = options.learner.adamw;
  const training = trainingMemory(learned, options.learner, workload);
  const sampling = samplingMemory(sampled, options.samplerRows, workload);
  const reached = laidOutPositions(workload.maxPromptTokens + workload.sampling.maxTokens);
  // A reference policy is a copy of the weights, but under an adapter.
  const copies = options.reference && policy.adapter === null ? 2 : 1;
  const everyParameter = [...policy.parameters.values(), ...(policy.adapter?.parameters.values() ?? [])];
  const parts = {
    program: programBytes + (training.operators + sampling.operators) * operatorBytes,
    weights: copies * bytes(everyParameter) + bytes(Object.values(policy.rotaryTables(reached))),
    panels: bytes([...panelBuffers(learned).values(), ...panelBuffers(sampled).values()]),
    gradients: sum(trained) * bytesPerFloat * options.learner.lanes,
    optimizer: sum(trained.map((size) => 2 * momentBytes(size, statePrecision))),
    activations: arenaShare * Math.max(training.activations, sampling.activations) + training.buffers,
    caches: sampling.caches,
  };
  return { ...parts, total: sum(Object.values(parts)) };
}

interface TrainingMemory {
  /** Shared by all passes, which take turns. */
  activations: number;
  /** Kept by every pass. */
  buffers: number;
  operators: number;
}

function trainingMemory(policy: Policy, options: LearnerOptions, workload: Workload): TrainingMemory {
  const { lanes, gradientCheckpointing = false } = options;
  const batch = largestBatch(workload);
  const plan = planMicroBatches(batch, options).map(({ layout }) => layout);
  const layouts = new Map(
    [...plan, largestLayout(batch, options)].map((layout) => [JSON.stringify(layout), layout]),
  );
  const { layers, hiddenSize } = policy.model.dimensions;
  const memory = { activations: 0, buffers: 0, operators: 0 };
  // All layouts use the same memory for them.
  const mostRows = gradientCheckpointing
    ? Math.max(rowsPerLane(options).most, ...[...layouts.values()].map(rowsOf))
    : 0;
  memory.buffers = lanes * (layers + 3) * mostRows * hiddenSize * bytesPerFloat;
  // Batches of other lengths are compiled as they come.
  const copies = Math.max(1, keptLayouts(policy.model.dimensions, lanes) / layouts.size);
  for (const layout of layouts.values()) {
    const forward = Array.from({ length: workload.lookups }, () => buildLogprobGraph(policy, layout));
    const graphs = gradientCheckpointing
      ? [...largestGraphs(policy, layout), ...forward]
      : [buildTrainingGraph(policy, layout), ...forward];
    memory.activations = Math.max(memory.activations, lanes * Math.max(...graphs.map(peakMemory)));
    memory.buffers += lanes * bytes(ownInputs(policy, graphs));
    memory.operators += copies * sum(graphs.map(({ tensors }) => tensors.length));
  }
  return memory;
}

/** Inputs that are no parameters, gradients or tables: tokens and masks. */
function ownInputs(policy: Policy, graphs: readonly Graph[]): { shape: Shape }[] {
  const { parameters, adapter } = policy;
  const panels = panelBuffers(policy);
  const isWeight = (name: string): boolean =>
    parameters.has(name) || panels.has(name) || (adapter?.parameters.has(name) ?? false);
  const owned = (name: string): boolean => !isWeight(name) && !/^(gradient:|cosines$|sines$)/.test(name);
  return graphs.flatMap(({ inputs }) =>
    [...inputs].filter(([name]) => owned(name)).map(([, tensor]) => tensor),
  );
}

function largestBatch({
  promptsPerStep,
  completionsPerPrompt,
  maxPromptTokens,
  sampling,
}: Workload): TrainingBatch {
  const tokens = (length: number): number[] => Array.from({ length }, () => 1);
  const completion = { tokenIds: tokens(sampling.maxTokens), weights: tokens(sampling.maxTokens) };
  const group = {
    promptTokenIds: tokens(maxPromptTokens),
    completions: Array.from({ length: completionsPerPrompt }, () => completion),
  };
  return { groups: Array.from({ length: promptsPerStep }, () => group) };
}

/** What is kept of smaller grids and of other prompt lengths, as a share of what full waves go through. */
const otherLayouts = 1;

interface SamplingMemory {
  activations: number;
  caches: number;
  operators: number;
}

function samplingMemory(
  policy: Policy,
  maxRows: number,
  { promptsPerStep, completionsPerPrompt, maxPromptTokens, sampling, evaluationProblems }: Workload,
): SamplingMemory {
  const promptTokenIds = Array.from({ length: maxPromptTokens }, () => 1);
  const requestsOf = (prompts: number, count: number) =>
    Array.from({ length: prompts }, () => ({ promptTokenIds, count }));
  const memory = { activations: 0, caches: 0, operators: 0 };
  /** Of the layouts that one wave goes through, for each kind of wave. */
  const waveCaches: number[] = [];
  let unplaced = 0;
  for (const requests of [
    requestsOf(promptsPerStep, completionsPerPrompt),
    requestsOf(evaluationProblems, 1),
  ]) {
    const [wave] = planWaves(policy.model, requests, sampling.maxTokens, maxRows);
    if (wave === undefined) {
      continue;
    }
    const grid = { prompts: wave.length, longestPrompt: maxPromptTokens, completions: wave[0].count };
    const first = firstLayout(grid, sampling);
    const layouts = capacitiesOf(sampling.maxTokens).map(
      (capacity): DecodeLayout => ({ ...first, capacity }),
    );
    const prefill =
      first.promptLength > 0 && buildPrefillGraph(policy, prefillPrompts(first), first.promptLength);
    const decodes = layouts.map((layout) => buildDecodeGraph(policy, layout));
    const graphs = prefill ? [prefill, ...decodes] : decodes;
    memory.activations = Math.max(memory.activations, ...graphs.map(peakMemory));
    memory.operators += sum(graphs.map(({ tensors }) => tensors.length));
    // Every layout keeps its caches, for the next wave begins with the first again.
    waveCaches.push(
      sum(decodes.map((graph) => bytes([...ownInputs(policy, [graph]), graph.outputs.get("scores")!]))),
    );
    // Prompts that are not shared are computed apart and copied to their places.
    const apart = prefill && !first.sharedPrompts ? bytes([...prefill.outputs.values()]) : 0;
    unplaced = Math.max(unplaced, apart);
  }
  const kept = Math.min(Math.max(keptBytes, ...waveCaches), (1 + otherLayouts) * sum(waveCaches));
  memory.caches = kept + unplaced;
  return memory;
}

function bytes(tensors: readonly { shape: Shape }[]): number {
  return sum(tensors.map(({ shape }) => sizeOf(shape))) * bytesPerFloat;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
