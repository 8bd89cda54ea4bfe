import type { NamedValues, Optimizer } from "./optimizer.ts";

export interface AdamWOptions {
  betas: readonly [number, number];
  epsilon: number;
  weightDecay: number;
}

/** AdamW with decoupled weight decay on every parameter, as `torch.optim.AdamW` computes it (Loshchilov and Hutter, 2019). */
export function adamw({ betas: [beta1, beta2], epsilon, weightDecay }: AdamWOptions): Optimizer {
  return {
    init: (parameters) => ({
      step: 0,
      moments: { first: zerosLike(parameters), second: zerosLike(parameters) },
    }),
    update: ({ parameters, gradients, state, learningRate, gradientScale }) => {
      state.step++;
      const stepSize = learningRate / (1 - beta1 ** state.step);
      const secondScale = 1 / Math.sqrt(1 - beta2 ** state.step);
      const decay = 1 - learningRate * weightDecay;
      for (const [name, parameter] of Object.entries(parameters)) {
        const { first, second } = state.moments;
        updateOne(parameter, gradients[name], first[name], second[name]);
      }

      function updateOne(
        parameter: Float32Array,
        gradient: Float32Array,
        first: Float32Array,
        second: Float32Array,
      ): void {
        for (let i = 0; i < parameter.length; i++) {
          const g = gradient[i] * gradientScale;
          const m = beta1 * first[i] + (1 - beta1) * g;
          const v = beta2 * second[i] + (1 - beta2) * g * g;
          first[i] = m;
          second[i] = v;
          parameter[i] = parameter[i] * decay - (stepSize * m) / (Math.sqrt(v) * secondScale + epsilon);
        }
      }
    },
  };
}

function zerosLike(parameters: NamedValues): NamedValues {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [name, new Float32Array(values.length)]),
  );
}
