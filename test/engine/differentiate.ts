import type { Backend } from "../../src/engine/backend.ts";
import type { Tensor } from "../../src/engine/primitives.ts";
import { type Named, prepare, read } from "./evaluate.ts";

const step = 1e-5;

/** d loss / d input for every element of the named inputs, by central differences on `backend`. */
export function finiteDifferences(
  backend: Backend,
  loss: Tensor,
  names: readonly string[],
  feeds: Named<readonly number[]>,
): Record<string, number[]> {
  const evaluator = prepare(backend, { loss }, feeds);
  const slope = (name: string, index: number, start: number): number => {
    const { values } = evaluator.inputs[name];
    const lossAt = (value: number): number => {
      values[index] = value;
      return evaluator.run().loss[0];
    };
    const difference = lossAt(start + step) - lossAt(start - step);
    values[index] = start;
    return difference / (2 * step);
  };
  const slopes = names.map((name) => {
    // An input that the loss does not depend on is no input of its graph.
    const starts = evaluator.inputs[name] ? read(evaluator.inputs[name]) : undefined;
    const ofName = starts?.map((start, index) => slope(name, index, start)) ?? feeds[name].map(() => 0);
    return [name, ofName] as const;
  });
  evaluator.free();
  return Object.fromEntries(slopes);
}
