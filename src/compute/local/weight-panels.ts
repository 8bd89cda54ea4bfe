import type { Buffer } from "../../engine/backend.ts";
import { fillsPanels, gradientIsTurned, panelsShape, toPanels, toTurnedPanels } from "../../engine/panels.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { input } from "../../engine/tensor.ts";
import { mlpProjections } from "../../models/decoder-parameters.ts";
import { parameterCount } from "../../models/model.ts";
import type { WeightPanels } from "../../nn/linear.ts";
import { type BufferComputation, createBufferComputation } from "./buffer-computation.ts";
import { linearLayersOf } from "./linear-layers.ts";
import { type Policy, weightName } from "./policy.ts";

/** Larger models get no panels: copies take memory, and their products are fast as they are. */
const mostWeightBytes = 2 ** 28;

/** The policy with all linear layers in panels, for products with few rows. */
export function withSamplingPanels(policy: Policy): Policy {
  return withPanels(policy, [...linearLayersOf(policy.model).keys()], { backward: false });
}

/**
 * The policy with the MLPs in panels forward and backward; their gradients stand in panels too. Under an adapter the
 * weights have none.
 */
export function withTrainingPanels(policy: Policy): Policy {
  const layers = [...linearLayersOf(policy.model).keys()];
  const mlps = layers.filter((name) => mlpProjections.some((projection) => name.endsWith(`.${projection}`)));
  return policy.adapter === null ? withPanels(policy, mlps, { backward: true }) : policy;
}

function withPanels(policy: Policy, layers: readonly string[], { backward }: { backward: boolean }): Policy {
  const { backend, model, parameters } = policy;
  const { panelWidth: width } = backend;
  if (width === null || parameterCount(model) * Float32Array.BYTES_PER_ELEMENT > mostWeightBytes) {
    return policy;
  }
  const panels = layers
    .map((layer) => weightName(model, layer))
    .map((name) => ({ name, shape: parameters.get(name)!.shape }))
    .filter(({ shape }) => shape.every((size) => fillsPanels(size, width)))
    .map(({ name, shape }): [string, WeightPanels<Buffer>] => [
      name,
      {
        forward: backend.allocate(panelsShape(shape.toReversed(), width)),
        backward: backward ? backend.allocate(panelsShape(shape, width)) : undefined,
      },
    ]);
  return { ...policy, panels: new Map(panels) };
}

type Direction = keyof WeightPanels;

/** The panels of a weight that its gradient flows to; null where it flows to the weight itself. */
export function trainedPanels(
  panels: WeightPanels<Buffer> | undefined,
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
export function createPanelUpdate(policy: Policy): BufferComputation {
  const { backend, parameters, panels } = policy;
  const weights = new Map([...panels.keys()].map((name) => [name, parameters.get(name)!]));
  const inputs = new Map([...weights].map(([name, { shape }]) => [name, input(name, shape)]));
  const arrange = { forward: toTurnedPanels, backward: toPanels };
  const inPanels = everyPanels(policy).map(({ parameter, direction, buffer }): [string, Tensor] => [
    panelsName(direction, parameter),
    arrange[direction](inputs.get(parameter)!, buffer.shape[2]),
  ]);
  return createBufferComputation(backend, new Map(inPanels), weights, panelBuffers(policy));
}
