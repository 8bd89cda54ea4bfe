import { hashSeed } from "../random.ts";
import { blockSize, createFloatBlock } from "./float-block.ts";
import { createMoment, type Moment, readMoment, type StatePrecision, writeMoment } from "./moment.ts";
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
  /** How the moments are kept; default float32. The update itself always begins with float32 values of them. */
  statePrecision?: StatePrecision;
  /** Decides how bfloat16 moments are rounded; default 0. */
  seed?: number;
}

/** AdamW with decoupled weight decay on every parameter, as `torch.optim.AdamW` computes it (Loshchilov and Hutter, 2019). */
export function adamw(options: AdamWOptions = {}): Optimizer {
  const { betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0.01, undecayed = [] } = options;
  const { statePrecision = "float32", seed = 0 } = options;
  const [beta1, beta2] = betas;
  const withoutDecay = new Set(undecayed);
  const zeros = (parameters: NamedValues, signed: boolean): Record<string, Moment> =>
    Object.fromEntries(
      Object.entries(parameters).map(([name, { length }]) => [
        name,
        createMoment(length, statePrecision, { signed }),
      ]),
    );
  const firstBlock = createFloatBlock();
  const secondBlock = createFloatBlock();
  return {
    init: (parameters) => ({
      step: 0,
      moments: { first: zeros(parameters, true), second: zeros(parameters, false) },
    }),
    update: ({ parameters, gradients, state, learningRate, gradientScale }) => {
      state.step++;
      const { first: firsts, second: seconds } = state.moments;
      const step: Step = {
        beta1,
        beta2,
        firstShare: (1 - beta1) * gradientScale,
        secondShare: (1 - beta2) * gradientScale * gradientScale,
        stepSize: learningRate / (1 - beta1 ** state.step),
        rootScale: 1 / Math.sqrt(1 - beta2 ** state.step),
        epsilon,
        decay: 1 - learningRate * weightDecay,
      };
      for (const [name, parameter] of Object.entries(parameters)) {
        const gradient = gradients[name];
        const first = firsts[name];
        const second = seconds[name];
        const own = withoutDecay.has(name) ? { ...step, decay: 1 } : step;
        const size = parameter.length;
        if (first instanceof Float32Array && second instanceof Float32Array) {
          updateValues(own, parameter, gradient, 0, size, first, second);
          continue;
        }
        const letters = Array.from(name, (letter) => letter.codePointAt(0)!);
        const firstSeed = hashSeed(seed, state.step, 1, ...letters);
        const secondSeed = hashSeed(seed, state.step, 2, ...letters);
        for (let start = 0; start < size; start += blockSize) {
          const count = Math.min(blockSize, size - start);
          readMoment(first, start, count, firstBlock);
          readMoment(second, start, count, secondBlock);
          updateValues(own, parameter, gradient, start, count, firstBlock.values, secondBlock.values);
          writeMoment(first, start, count, firstBlock, firstSeed);
          writeMoment(second, start, count, secondBlock, secondSeed);
        }
      }
    },
  };
}

/** What one step multiplies with. */
interface Step {
  beta1: number;
  beta2: number;
  firstShare: number;
  secondShare: number;
  stepSize: number;
  rootScale: number;
  epsilon: number;
  decay: number;
}

/**
 * Updates `count` values of a parameter from `start` on; their moments stand at the beginning of `first` and `second`.
 * One plain loop over local numbers: this runs over every weight of the model, and so V8 keeps it in registers.
 */
function updateValues(
  { beta1, beta2, firstShare, secondShare, stepSize, rootScale, epsilon, decay }: Step,
  parameter: Float32Array,
  gradient: Float32Array,
  start: number,
  count: number,
  first: Float32Array,
  second: Float32Array,
): void {
  for (let i = 0; i < count; i++) {
    const g = gradient[start + i];
    const m = beta1 * first[i] + firstShare * g;
    const v = beta2 * second[i] + secondShare * g * g;
    first[i] = m;
    second[i] = v;
    parameter[start + i] =
      parameter[start + i] * decay - (stepSize * m) / (Math.sqrt(v) * rootScale + epsilon);
  }
}
