import type { NamedValues } from "../../optim/optimizer.ts";
import type { TrainingBatch } from "../../pipeline.ts";
import type { PolicyLearner } from "./policy-learner.ts";

/** Inner products of a batch's gradient, by group of parameters: a layer, the embeddings, ... They add up to the whole. */
export interface GradientProducts {
  loss: number;
  /** With itself: the squared norm. */
  own: Readonly<Record<string, number>>;
  /** With each gradient that is kept, in the order in which they were. */
  withKept: readonly Readonly<Record<string, number>>[];
}

/** Measures the gradients of losses against each other without changing the policy. One call at a time. */
export interface GradientReader {
  /** Leaves the learner without a gradient; a copy stays to measure others with if it is to be kept. */
  measure(batch: TrainingBatch, options: { keep: boolean }): Promise<GradientProducts>;
  /** Lets go of the gradients that are kept. */
  forget(): void;
}

export function createGradientReader(learner: PolicyLearner): GradientReader {
  const kept: NamedValues[] = [];
  return {
    measure: async (batch, { keep }) => {
      const { loss } = await learner.forwardBackward(batch);
      const { gradients } = learner;
      const products = {
        loss,
        own: innerProducts(gradients, gradients),
        withKept: kept.map((other) => innerProducts(gradients, other)),
      };
      if (keep) {
        kept.push(
          Object.fromEntries(Object.entries(gradients).map(([name, values]) => [name, values.slice()])),
        );
      }
      learner.clearGradients();
      return products;
    },
    forget: () => {
      kept.length = 0;
    },
  };
}

/** Summed in float64, parameter by parameter. */
function innerProducts(a: NamedValues, b: NamedValues): Record<string, number> {
  const products: Record<string, number> = {};
  for (const [name, values] of Object.entries(a)) {
    const others = b[name]!;
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      sum += values[i]! * others[i]!;
    }
    const group = parameterGroup(name);
    products[group] = (products[group] ?? 0) + sum;
  }
  return products;
}

/** `layers.3` for all that belongs to that layer, an adapter's matrices included; the name of what stands outside of layers. */
export function parameterGroup(name: string): string {
  const layer = /(?:^|\.)(layers\.\d+)\./.exec(name)?.[1];
  return layer ?? name.replace(/^(?:base_model\.model\.)?(?:model\.)?/, "").split(".")[0]!;
}
