import { describe, expect, test } from "vitest";
import { createRandom } from "../random.ts";
import { type AdamWOptions, adamw } from "./adamw.ts";
import { dynamicMap } from "./dynamic-map.ts";
import { clipFactor, gradientNorm } from "./gradient-norm.ts";
import { type StatePrecision, statePrecisions } from "./moment.ts";
import type { NamedValues, OptimizerState } from "./optimizer.ts";

const start = (): NamedValues => ({
  weight: Float32Array.of(0.5, -1.25, 2, 0, 3e-3),
  bias: Float32Array.of(1, -1, 0.125),
});
const gradientsOfSteps: NamedValues[] = [
  { weight: Float32Array.of(3, -0.5, 0.25, 0, 1e-6), bias: Float32Array.of(1, 2, -4) },
  { weight: Float32Array.of(0.1, 0.2, -0.3, 0, 1e-5), bias: Float32Array.of(0.01, -0.02, 0.03) },
  { weight: Float32Array.of(-2, 1.5, 0.5, 1e-3, -1e-4), bias: Float32Array.of(0.5, 0.25, -0.125) },
];
const learningRate = 0.01;
const hyperparameters: AdamWOptions = { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1 };

/** From torch 2.13: torch.optim.AdamW after torch.nn.utils.clip_grad_norm_ to 1, float32. */
const torchNorms = [5.505678653717041, 0.37603193521499634, 2.6130683422088623];
const torchWeights = [
  [0.4895000159740448, -1.2387499809265137, 1.9880000352859497, 0, -0.006481163203716278],
  [0.4809812605381012, -1.2414854764938354, 1.9922925233840942, 0, -0.013932840898633003],
  [
    0.4820699989795685, -1.2471697330474854, 1.9910414218902588, -0.0062319557182490826,
    -0.009325036779046059,
  ],
];
const torchBiases = [
  [0.9890000224113464, -1.0090000629425049, 0.13487499952316284],
  [0.980820894241333, -1.0143522024154663, 0.1412094384431839],
  [0.9714415073394775, -1.0198006629943848, 0.14655211567878723],
];
const torchFirstOfWeight = [
  -0.023402100428938866, 0.06804771721363068, -0.0041873943991959095, 3.826917600235902e-5,
  -2.912204990934697e-6,
];
const torchSecondOfWeight = [
  0.04316353052854538, 0.018748125061392784, 0.0061987037770450115, 7.3226491537070615e-9,
  7.797796436337379e-11,
];

function expectClose(actual: Float32Array, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(1e-9 + 1e-6 * Math.abs(expected[i]));
  });
}

test("three clipped steps give the weights, moments and norms of torch", () => {
  const parameters = start();
  const optimizer = adamw(hyperparameters);
  const state = optimizer.init(parameters);
  gradientsOfSteps.forEach((gradients, step) => {
    const norm = gradientNorm(gradients);
    expect(norm).toBeCloseTo(torchNorms[step], 6);
    optimizer.update({ parameters, gradients, state, learningRate, gradientScale: clipFactor(norm, 1) });
    expectClose(parameters.weight, torchWeights[step]);
    expectClose(parameters.bias, torchBiases[step]);
  });
  expect(state.step).toBe(3);
  expectClose(state.moments.first.weight as Float32Array, torchFirstOfWeight);
  expectClose(state.moments.second.weight as Float32Array, torchSecondOfWeight);
});

test("named parameters are left out of the decay, others are not", () => {
  const parameters = start();
  const zeros = { weight: new Float32Array(5), bias: new Float32Array(3) };
  const optimizer = adamw({ ...hyperparameters, undecayed: ["bias"] });
  const state = optimizer.init(parameters);
  optimizer.update({ parameters, gradients: zeros, state, learningRate, gradientScale: 1 });
  expect(parameters.bias).toEqual(start().bias);
  expect(parameters.weight).toEqual(start().weight.map((value) => value * (1 - learningRate * 0.1)));
});

test("the defaults are those of torch but for the learning rate", () => {
  const run = (options?: AdamWOptions): NamedValues => {
    const parameters = start();
    const optimizer = adamw(options);
    const state = optimizer.init(parameters);
    for (const gradients of gradientsOfSteps) {
      optimizer.update({ parameters, gradients, state, learningRate, gradientScale: 1 });
    }
    return parameters;
  };
  expect(run()).toEqual(run({ betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.01 }));
  expect(run()).not.toEqual(run({ weightDecay: 0.1 }));
});

type Keep = (moment: Float64Array, signed: boolean) => void;

/** AdamW in float64, moments included but for what `keep` does to them after each step. */
function oracle(
  parameters: Float64Array,
  steps: readonly Float32Array[],
  rate: number,
  keep: Keep = () => {},
): void {
  const [beta1, beta2] = hyperparameters.betas!;
  const first = new Float64Array(parameters.length);
  const second = new Float64Array(parameters.length);
  steps.forEach((gradient, step) => {
    parameters.forEach((value, i) => {
      first[i] += (1 - beta1) * (gradient[i] - first[i]);
      second[i] += (1 - beta2) * (gradient[i] ** 2 - second[i]);
      const mean = first[i] / (1 - beta1 ** (step + 1));
      const root = Math.sqrt(second[i] / (1 - beta2 ** (step + 1)));
      const decayed = value * (1 - rate * hyperparameters.weightDecay!);
      parameters[i] = decayed - (rate * mean) / (root + hyperparameters.epsilon!);
    });
    keep(first, true);
    keep(second, false);
  });
}

const size = 5000;

/** Gradients over an order of magnitude, part signal and part noise, as those of a model are. */
function gradientsFor(steps: number): Float32Array[] {
  const random = createRandom(7);
  const signal = Float64Array.from({ length: size }, () => random.normal() * 10 ** -random.next());
  return Array.from({ length: steps }, () =>
    Float32Array.from(signal, (value) => 1e-3 * (value + Math.abs(value) * random.normal())),
  );
}

function trained(precision: StatePrecision, steps: readonly Float32Array[], rate: number): Float32Array {
  const parameters = { weight: new Float32Array(size) };
  const optimizer = adamw({ ...hyperparameters, statePrecision: precision, seed: 3 });
  const state = optimizer.init(parameters);
  for (const weight of steps) {
    optimizer.update({ parameters, gradients: { weight }, state, learningRate: rate, gradientScale: 1 });
  }
  return parameters.weight;
}

const rootMeanSquare = (values: Float64Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

test.each<[StatePrecision, number]>([
  ["float32", 1e-6],
  ["bfloat16", 5e-3],
  ["int8", 0.1],
])("moments in %s move the weights as float64 does, within %d of the distance", (precision, bound) => {
  const steps = gradientsFor(40);
  const exact = new Float64Array(size);
  oracle(exact, steps, 1e-3);
  const got = trained(precision, steps, 1e-3);
  const error = rootMeanSquare(exact.map((value, i) => value - got[i])) / rootMeanSquare(exact);
  expect(error).toBeLessThan(bound);
});

test("moments in int8 are those of the nearest values of the map in each block of 256", () => {
  const steps = gradientsFor(8);
  const exact = new Float64Array(size);
  oracle(exact, steps, 1e-3, (moment, signed) => {
    const { values: map } = dynamicMap(signed);
    for (let start = 0; start < size; start += 256) {
      const block = moment.subarray(start, start + 256);
      const scale = Math.max(...block.map(Math.abs));
      block.forEach((value, i) => {
        const share = value / scale;
        const nearest = map.reduce((best, entry) =>
          Math.abs(entry - share) < Math.abs(best - share) ? entry : best,
        );
        block[i] = scale * (nearest === 0 && value > 0 && !signed ? map[1] : nearest);
      });
    }
  });
  const got = trained("int8", steps, 1e-3);
  const error = rootMeanSquare(exact.map((value, i) => value - got[i])) / rootMeanSquare(exact);
  expect(error).toBeLessThan(1e-3);
});

describe.each(statePrecisions)("%s", (precision) => {
  const start = (): NamedValues => ({ one: new Float32Array(5000).fill(1), two: new Float32Array(300) });
  const steps = gradientsFor(6).map((gradient): NamedValues => {
    return { one: gradient, two: gradient.slice(0, 300) };
  });
  const optimizer = adamw({ statePrecision: precision, seed: 9 });
  const run = (parameters: NamedValues, state: OptimizerState, from: number, to: number): void => {
    for (const gradients of steps.slice(from, to)) {
      optimizer.update({ parameters, gradients, state, learningRate, gradientScale: 1 });
    }
  };

  test("the order of the parameters changes no bit", () => {
    const parameters = start();
    const { one, two } = start();
    const reversed = { two, one };
    run(parameters, optimizer.init(parameters), 0, 6);
    run(reversed, optimizer.init(reversed), 0, 6);
    expect(reversed).toEqual(parameters);
  });

  test("a copy of the state goes on to the same bits", () => {
    const parameters = start();
    const state = optimizer.init(parameters);
    run(parameters, state, 0, 3);
    const copy = structuredClone({ parameters, state });
    run(parameters, state, 3, 6);
    run(copy.parameters, copy.state, 3, 6);
    expect(copy).toEqual({ parameters, state });
  });
});

/** Mean squared error of a linear map of 64 to 64, learnt from noisy samples of another, over the last steps. */
function lossAfterTraining(precision: StatePrecision): number {
  const width = 64;
  const random = createRandom(5);
  const target = Float64Array.from({ length: width * width }, random.normal);
  const parameters = { weight: new Float32Array(width * width) };
  const optimizer = adamw({ statePrecision: precision, weightDecay: 0, seed: 1 });
  const state = optimizer.init(parameters);
  const steps = 400;
  let tail = 0;
  for (let step = 0; step < steps; step++) {
    const weight = new Float32Array(width * width);
    let loss = 0;
    for (let sample = 0; sample < 4; sample++) {
      const x = Float64Array.from({ length: width }, random.normal);
      for (let row = 0; row < width; row++) {
        let difference = 0.1 * random.normal();
        for (let column = 0; column < width; column++) {
          const i = row * width + column;
          difference += (parameters.weight[i] - target[i]) * x[column];
        }
        loss += difference ** 2 / (4 * width);
        for (let column = 0; column < width; column++) {
          weight[row * width + column] += (difference * x[column]) / 4;
        }
      }
    }
    const rate = 0.03 * (1 - step / steps);
    optimizer.update({ parameters, gradients: { weight }, state, learningRate: rate, gradientScale: 1 });
    tail += step >= steps - 20 ? loss / 20 : 0;
  }
  return tail;
}

test("training comes about as far with each precision", () => {
  const exact = lossAfterTraining("float32");
  const lossAtStart = 64;
  expect(exact).toBeLessThan(lossAtStart / 50);
  expect(lossAfterTraining("bfloat16")).toBeLessThan(1.1 * exact);
  expect(lossAfterTraining("int8")).toBeLessThan(1.1 * exact);
});
