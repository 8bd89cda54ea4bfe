import { expect, test } from "vitest";
import { type AdamWOptions, adamw } from "./adamw.ts";
import { clipFactor, gradientNorm } from "./gradient-norm.ts";
import type { NamedValues } from "./optimizer.ts";

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
