import { expect, test } from "vitest";
import { relativeError } from "../../test/engine/closeness.ts";
import { evaluate } from "../../test/engine/evaluate.ts";
import { createReferenceBackend } from "../engine/backends/reference/backend.ts";
import { input } from "../engine/tensor.ts";
import { createRandom } from "../random.ts";
import {
  causalAttention,
  type HeadLayout,
  masked,
  type SharedPromptLayout,
  sharedPromptAttention,
} from "./attention.ts";

const reference = createReferenceBackend();
const layout: HeadLayout = { heads: 4, keyValueHeads: 2, headSize: 6 };
const [queryWidth, keyWidth] = [layout.heads * layout.headSize, layout.keyValueHeads * layout.headSize];

interface RowValues {
  queries: number[];
  keys: number[];
  values: number[];
}

function randomRows(rows: number): RowValues {
  const random = createRandom(rows);
  const draw = (width: number): number[] => Array.from({ length: rows * width }, () => random.normal());
  return { queries: draw(queryWidth), keys: draw(keyWidth), values: draw(keyWidth) };
}

function projectionInputs(rows: number): {
  queries: ReturnType<typeof input>;
  keys: ReturnType<typeof input>;
  values: ReturnType<typeof input>;
} {
  return {
    queries: input("queries", [rows, queryWidth]),
    keys: input("keys", [rows, keyWidth]),
    values: input("values", [rows, keyWidth]),
  };
}

/** What row `row` sees, one head after the other: the definition, without blocks or shared products. */
function attendRow({ queries, keys, values }: RowValues, row: number, visible: readonly number[]): number[] {
  const { heads, keyValueHeads, headSize } = layout;
  return Array.from({ length: heads }, (_, head) => {
    const keyHead = Math.floor(head / (heads / keyValueHeads));
    const at = (all: number[], width: number, index: number, of: number): number[] =>
      all.slice(index * width + of * headSize, index * width + (of + 1) * headSize);
    const query = at(queries, queryWidth, row, head);
    const scores = visible.map(
      (other) =>
        at(keys, keyWidth, other, keyHead).reduce((sum, key, i) => sum + key * query[i], 0) /
        Math.sqrt(headSize),
    );
    const largest = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - largest));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return Array.from({ length: headSize }, (__, i) =>
      visible.reduce(
        (sum, other, index) => sum + (weights[index] / total) * at(values, keyWidth, other, keyHead)[i],
        0,
      ),
    );
  }).flat();
}

const range = (start: number, end: number): number[] =>
  Array.from({ length: end - start }, (_, index) => start + index);

/** [rows, columns]: 0 where `sees`, a large negative number elsewhere. */
function maskOf(rows: number, columns: number, sees: (row: number, column: number) => boolean): number[] {
  return range(0, rows * columns).map((cell) =>
    sees(Math.floor(cell / columns), cell % columns) ? 0 : masked,
  );
}

test.each([5, 128, 129, 301, 600])(
  "causal attention over %i positions, in blocks, is the definition",
  (length) => {
    const sequences = 2;
    const rows = randomRows(sequences * length);
    const mask = input("mask", [length, length]);
    const mixed = causalAttention(projectionInputs(sequences * length), { sequences, length, mask }, layout);
    const feeds = { ...rows, mask: maskOf(length, length, (row, column) => column <= row) };
    const expected = range(0, sequences * length).flatMap((row) =>
      attendRow(rows, row, range(row - (row % length), row + 1)),
    );
    expect(relativeError(evaluate(reference, { mixed }, feeds).mixed, expected, 1e-3)).toBeLessThan(1e-9);
  },
);

test.each([7, 130])("completions of %i positions see their prompt and themselves", (completionLength) => {
  const shared: SharedPromptLayout = { prompts: 2, promptLength: 5, completions: 3, completionLength };
  const contexts = [5, 3];
  const promptRows = shared.prompts * shared.promptLength;
  const count = promptRows + shared.prompts * shared.completions * completionLength;
  const rows = randomRows(count);
  const total = shared.promptLength + completionLength;
  const attend = sharedPromptAttention(shared, layout, {
    promptMask: input("promptMask", [shared.promptLength, shared.promptLength]),
    completionMask: input("completionMask", [shared.prompts, 1, completionLength, total]),
  });
  const feeds = {
    ...rows,
    promptMask: maskOf(shared.promptLength, shared.promptLength, (row, column) => column <= row),
    completionMask: contexts.flatMap((context) =>
      maskOf(completionLength, total, (row, column) =>
        column < shared.promptLength ? column < context : column - shared.promptLength <= row,
      ),
    ),
  };
  const { mixed } = evaluate(reference, { mixed: attend(projectionInputs(count)) }, feeds);
  const expected = range(promptRows, count).flatMap((row) => {
    const cell = Math.floor((row - promptRows) / completionLength);
    const prompt = Math.floor(cell / shared.completions);
    const promptStart = prompt * shared.promptLength;
    const ownStart = promptRows + cell * completionLength;
    return attendRow(rows, row, [
      ...range(promptStart, promptStart + contexts[prompt]),
      ...range(ownStart, row + 1),
    ]);
  });
  const completions = mixed.slice(promptRows * queryWidth);
  expect(relativeError(completions, expected, 1e-3)).toBeLessThan(1e-9);
});
