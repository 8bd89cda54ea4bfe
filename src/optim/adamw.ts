import type { NamedValues, Optimizer } from "./optimizer.ts";

export interface AdamWOptions {
  /** Default 0.9 and 0.999. */
  betas?: readonly [number, number];
  /** Default 1e-8. */
  epsilon?: number;
  /** Default 0.01. */
  weightDecay?: number;
  /** Names of the parameters that do not decay, such as biases and norm scales; default none. */
  undecayed?: readonly string[];
}

/** AdamW with decoupled weight decay on every parameter, as `torch.optim.AdamW` computes it (Loshchilov and Hutter, 2019). */
export function adamw(options: AdamWOptions = {}): Optimizer {
  const { betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0.01, undecayed = [] } = options;
  const [beta1, beta2] = betas;
  const withoutDecay = new Set(undecayed);
  return {
    init: (parameters) => ({
      step: 0,
      moments: { first: zerosLike(parameters), second: zerosLike(parameters) },
    }),
    update: ({ parameters, gradients, state, learningRate, gradientScale }) => {
      state.step++;
      const { first, second } = state.moments;
      const stepSize = learningRate / (1 - beta1 ** state.step);
      const rootScale = 1 / Math.sqrt(1 - beta2 ** state.step);
      const decay = 1 - learningRate * weightDecay;
      for (const name of Object.keys(parameters)) {
        updateParameter(
          parameters[name],
          gradients[name],
          first[name],
          second[name],
          beta1,
          beta2,
          gradientScale,
          stepSize,
          rootScale,
          epsilon,
          withoutDecay.has(name) ? 1 : decay,
        );
      }
    },
  };
}

/** Positional numbers and one plain loop: this runs over every weight of the model, and so V8 keeps it in registers. */
function updateParameter(
  parameter: Float32Array,
  gradient: Float32Array,
  first: Float32Array,
  second: Float32Array,
  beta1: number,
  beta2: number,
  gradientScale: number,
  stepSize: number,
  rootScale: number,
  epsilon: number,
  decay: number,
): void {
  const firstShare = (1 - beta1) * gradientScale;
  const secondShare = (1 - beta2) * gradientScale * gradientScale;
  const size = parameter.length;
  for (let i = 0; i < size; i++) {
    const g = gradient[i];
    const m = beta1 * first[i] + firstShare * g;
    const v = beta2 * second[i] + secondShare * g * g;
    first[i] = m;
    second[i] = v;
    parameter[i] = parameter[i] * decay - (stepSize * m) / (Math.sqrt(v) * rootScale + epsilon);
  }
}

function zerosLike(parameters: NamedValues): NamedValues {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [name, new Float32Array(values.length)]),
  );
}
