import type { Buffer } from "../../engine/backend.ts";
import { buildGraph } from "../../engine/graph.ts";
import { fillsPanels, gradientIsTurned, panelsShape, toPanels, toTurnedPanels } from "../../engine/panels.ts";
import { input } from "../../engine/tensor.ts";
import { parameterCount } from "../../models/model.ts";
import { mlpLayers } from "../../nn/decoder-layer.ts";
import { type PanelBuffers, type Policy, weightName } from "./policy.ts";

/** Copies would take much memory where weights are larger, whose products are fast as they are. */
const mostWeightBytes = 2 ** 28;

/** The policy with all weights of linear layers in panels, for products with few rows. */
export function withSamplingPanels(policy: Policy): Policy {
  const { model, parameters } = policy;
  const layers = Array.from({ length: model.dimensions.layers }, (_, layer) => model.layerPrefix(layer));
  const matrices = [...parameters].filter(
    ([name, { shape }]) => shape.length === 2 && layers.some((prefix) => name.startsWith(prefix)),
  );
  return withPanels(policy, [...matrices.map(([name]) => name), weightName(model, model.headLayer)], false);
}

/** The policy with the MLPs in panels forward and backward; what of it is trained is trained in panels. */
export function withTrainingPanels(policy: Policy): Policy {
  const { model, adapter } = policy;
  const names = Array.from({ length: model.dimensions.layers }, (_, layer) =>
    Object.values(mlpLayers).map((name) => weightName(model, model.layerPrefix(layer) + name)),
  );
  return adapter === null ? withPanels(policy, names.flat(), true) : policy;
}

function withPanels(policy: Policy, names: readonly string[], backward: boolean): Policy {
  const { backend, model, parameters } = policy;
  const { panelWidth: width } = backend;
  if (width === null || parameterCount(model) * Float32Array.BYTES_PER_ELEMENT > mostWeightBytes) {
    return policy;
  }
  const panels = names
    .map((name) => ({ name, shape: parameters.get(name)!.shape }))
    .filter(({ shape }) => shape.every((size) => fillsPanels(size, width)))
    .map(({ name, shape }): [string, PanelBuffers] => [
      name,
      {
        forward: backend.allocate(panelsShape(shape.toReversed(), width)),
        backward: backward ? backend.allocate(panelsShape(shape, width)) : null,
      },
    ]);
  return { ...policy, panels: new Map(panels) };
}

type Direction = keyof PanelBuffers;

/** The panels of a weight that its gradient flows to; null where it flows to the weight itself. */
export function trainedPanels(
  panels: PanelBuffers | undefined,
): { direction: Direction; buffer: Buffer } | null {
  if (!panels?.backward) {
    return null;
  }
  const { forward, backward } = panels;
  const [inputs] = backward.shape;
  const [outputs] = forward.shape;
  return gradientIsTurned(inputs, outputs)
    ? { direction: "backward", buffer: backward }
    : { direction: "forward", buffer: forward };
}

/** The name of the input that stands for a parameter's panels. */
export function panelsName(direction: Direction, parameter: string): string {
  return `${direction}:${parameter}`;
}

/** All panels by the names of their inputs. */
export function panelBuffers(policy: Policy): ReadonlyMap<string, Buffer> {
  return new Map(
    everyPanels(policy).map(({ parameter, direction, buffer }) => [panelsName(direction, parameter), buffer]),
  );
}

function everyPanels({ panels }: Policy): { parameter: string; direction: Direction; buffer: Buffer }[] {
  const directions = ["forward", "backward"] as const;
  return [...panels].flatMap(([parameter, buffers]) =>
    directions.flatMap((direction) => {
      const buffer = buffers[direction];
      return buffer ? [{ parameter, direction, buffer }] : [];
    }),
  );
}

/** Brings a policy's panels up to date with its weights. */
export interface PanelUpdate {
  run(): void;
  free(): void;
}

export function createPanelUpdate(policy: Policy): PanelUpdate {
  const { backend, parameters, panels } = policy;
  if (panels.size === 0) {
    return { run: () => undefined, free: () => undefined };
  }
  const weights = new Map([...panels.keys()].map((name) => [name, parameters.get(name)!]));
  const inputs = new Map([...weights].map(([name, { shape }]) => [name, input(name, shape)]));
  const arrange = { forward: toTurnedPanels, backward: toPanels };
  const inPanels = everyPanels(policy).map(({ parameter, direction, buffer }) => [
    panelsName(direction, parameter),
    arrange[direction](inputs.get(parameter)!, buffer.shape[2]),
  ]);
  const compiled = backend.compile(buildGraph(Object.fromEntries(inPanels)));
  const bound = compiled.bind(Object.fromEntries(weights), Object.fromEntries(panelBuffers(policy)));
  return {
    run: () => bound.run(),
    free: () => {
      bound.free();
      compiled.free();
    },
  };
}
