import type { Buffer } from "../../engine/backend.ts";
import type { MicroBatch } from "./micro-batches.ts";

/** A forward and backward pass over one layout, tied to the policy's weights and one set of gradient buffers. */
export interface TrainingPass {
  /** Adds the micro-batch's gradients onto what the buffers hold, if anything, and gives its log-probabilities [P * G * T2]. */
  run(microBatch: MicroBatch): Promise<Float32Array>;
  free(): void;
}

/** Passes over one layout that share compiled graphs, one for each set of gradient buffers: they can run side by side. */
export interface TrainingPasses {
  readonly lanes: readonly TrainingPass[];
  free(): void;
}

/** Passes over `compiled`, which goes with them. */
export function passesOver(compiled: { free(): void }, lanes: readonly TrainingPass[]): TrainingPasses {
  return {
    lanes,
    free: () => {
      for (const lane of lanes) {
        lane.free();
      }
      compiled.free();
    },
  };
}

/** Name under which a parameter's gradient goes in and out of a graph. */
export function gradientName(parameter: string): string {
  return `gradient:${parameter}`;
}

/** Buffers of gradients under the names that graphs have for them. */
export function gradientBuffers(ofParameters: ReadonlyMap<string, Buffer>): Record<string, Buffer> {
  return Object.fromEntries([...ofParameters].map(([name, buffer]) => [gradientName(name), buffer]));
}
