import { describe, expect, test } from "vitest";
import { evaluate } from "../../../test/engine/evaluate.ts";
import { plainLearner, tinyPolicy } from "../../../test/support/tiny-policy.ts";
import { tinySizes } from "../../../test/support/tiny-sizes.ts";
import type { Backend } from "../../engine/backend.ts";
import { createOnnxRuntimeBackend } from "../../engine/backends/onnxruntime/backend.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { sizeOf } from "../../engine/shape.ts";
import { input } from "../../engine/tensor.ts";
import type { TrainingBatch } from "../../pipeline.ts";
import { createGradientLanes, type GradientLanes } from "./gradient-lanes.ts";
import { gradientShapes } from "./gradient-shapes.ts";
import { createPolicyLearner } from "./policy-learner.ts";
import { withTrainingPanels } from "./weight-panels.ts";

const reference = createReferenceBackend();
const backends: readonly [string, Backend][] = [
  ["onnxruntime", createOnnxRuntimeBackend({ threads: 2 })],
  ["reference", reference],
  ["reference with panels", { ...reference, panelWidth: 8 }],
];

const [wide, narrow, vocabulary] = [
  "model.layers.0.mlp.gate_proj.weight",
  "model.layers.1.mlp.down_proj.weight",
  "model.embed_tokens.weight",
];

test("wide matrices of layers are added up with their axes exchanged, no others", () => {
  const shapes = new Map(gradientShapes(tinyPolicy(reference)).map((each) => [each.name, each]));
  expect(shapes.get(wide)!.laneShape).toEqual(shapes.get(wide)!.shape.toReversed());
  for (const name of [narrow, vocabulary, "model.norm.weight", "model.layers.0.self_attn.q_proj.bias"]) {
    expect(shapes.get(name)!.laneShape).toEqual(shapes.get(name)!.shape);
  }
});

test("weights in panels are added up in panels: as columns, or as rows where those are fewer", () => {
  const policy = withTrainingPanels(tinyPolicy({ ...reference, panelWidth: 8 }));
  const shapes = new Map(gradientShapes(policy).map(({ name, laneShape }) => [name, laneShape]));
  const { hidden_size: hidden, intermediate_size: intermediate } = tinySizes;
  expect(shapes.get(wide)).toEqual([intermediate / 8, hidden, 8]);
  expect(shapes.get(narrow)).toEqual([intermediate / 8, hidden, 8]);
  expect(shapes.get(vocabulary)).toEqual([tinySizes.vocab_size, hidden]);
});

describe.each(backends)("%s", (_, backend) => {
  const policy = withTrainingPanels(tinyPolicy(backend));
  const shapes = gradientShapes(policy);
  /** Places in the parameter, counted from 1, in the order in which lanes have them. */
  const places = new Map(
    shapes.map(({ name, shape, toLane }) => {
      const inOrder = Array.from({ length: sizeOf(shape) }, (__, place) => place + 1);
      return [name, evaluate(reference, { lane: toLane(input("x", shape)) }, { x: inOrder }).lane];
    }),
  );

  /** Adds `unit` times its place in the parameter, counted from 1, to each gradient of a lane, as a pass would. */
  function runPass({ lanes }: GradientLanes, lane: number, unit: number): void {
    const { buffers, zeros, isEmpty } = lanes[lane];
    for (const [name, inOrder] of places) {
      const { values } = buffers.get(name)!;
      const before = isEmpty ? zeros.get(name)!.values : values;
      inOrder.forEach((place, at) => {
        values[at] = Number(before[at]) + unit * place;
      });
    }
    lanes[lane].isEmpty = false;
  }

  /** The factor of each place that every parameter's gradient has; undefined where they differ. */
  function unitOf(lanes: GradientLanes): number | undefined {
    const units = Object.values(lanes.whole()).flatMap((values) =>
      Array.from(values, (value, place) => value / (place + 1)),
    );
    return units.every((unit) => Math.abs(unit - units[0]) < 1e-4) ? Math.round(units[0]) : undefined;
  }

  test.each([1, 2, 3])("what %i lanes have comes together until it is cleared", (count) => {
    const lanes = createGradientLanes(policy, count);
    const units = [1, 10, 100].slice(0, count);
    const total = units.reduce((sum, unit) => sum + unit, 0);
    const runBatch = (): void => {
      lanes.open();
      units.forEach((unit, lane) => {
        runPass(lanes, lane, unit - 1);
        runPass(lanes, lane, 1);
      });
      lanes.close();
    };
    runBatch();
    expect(unitOf(lanes)).toBe(total);
    runBatch();
    expect(unitOf(lanes)).toBe(2 * total);
    lanes.clear();
    runBatch();
    expect(unitOf(lanes)).toBe(total);
    lanes.clear();
    expect(unitOf(lanes)).toBe(0);
    lanes.free();
  });

  test("a lane without a pass has no part in it", () => {
    const lanes = createGradientLanes(policy, 2);
    lanes.open();
    runPass(lanes, 0, 7);
    runPass(lanes, 1, 5);
    lanes.close();
    lanes.open();
    runPass(lanes, 0, 1);
    lanes.close();
    expect(unitOf(lanes)).toBe(13);
    lanes.open();
    lanes.close();
    expect(unitOf(lanes)).toBe(13);
    lanes.clear();
    lanes.open();
    lanes.close();
    expect(unitOf(lanes)).toBe(0);
    lanes.free();
  });
});

test.each([false, true])(
  "a batch that fails leaves no gradients (gradient checkpointing: %s)",
  async (gradientCheckpointing) => {
    const policy = tinyPolicy(backends[0][1]);
    const options = { ...plainLearner, lanes: 2, microBatchTokens: 32, gradientCheckpointing };
    const learner = createPolicyLearner(policy, options);
    const batch = (token: number): TrainingBatch => ({
      groups: Array.from({ length: 4 }, (_, group) => ({
        promptTokenIds: [3, 4, 5 + group],
        completions: [{ tokenIds: [6, token, 7], weights: [1, -0.5, 0.25] }],
      })),
    });
    const gradients = () => Object.entries(learner.gradients).map(([name, values]) => [name, [...values]]);

    await learner.forwardBackward(batch(8));
    const expected = gradients();
    const beyond = policy.model.dimensions.vocabularySize;
    await expect(learner.forwardBackward(batch(beyond))).rejects.toThrow();
    await learner.forwardBackward(batch(8));
    expect(gradients()).toEqual(expected);
  },
);
