import type { SharedPromptLayout } from "../../nn/attention.ts";
import type { TrainingBatch, WeightedCompletion } from "../../pipeline.ts";

/** Some completions of one group; indices are those of the batch. */
export interface GroupSlice {
  group: number;
  promptTokenIds: readonly number[];
  completions: readonly { index: number; completion: WeightedCompletion }[];
}

/** What goes through the model at once: a grid of prompts and completions, padded on the right. */
export interface MicroBatch {
  layout: SharedPromptLayout;
  slices: readonly GroupSlice[];
}

/** Lengths are rounded up to a multiple of 8, or of an eighth of the power of two below, so that few shapes are compiled. */
function roundUp(length: number): number {
  const step = Math.max(8, 2 ** Math.floor(Math.log2(Math.max(1, length))) / 8);
  return Math.ceil(length / step) * step;
}

/** Rows of the grid that holds these slices. */
export function layoutOf(slices: readonly GroupSlice[]): SharedPromptLayout {
  const longest = (lengths: number[]): number => roundUp(Math.max(0, ...lengths));
  return {
    prompts: slices.length,
    // The last prompt token predicts the first completion token, so it stands with the completions.
    promptLength: longest(slices.map(({ promptTokenIds }) => promptTokenIds.length - 1)),
    completions: Math.max(...slices.map(({ completions }) => completions.length)),
    completionLength: longest(
      slices.flatMap(({ completions }) => completions.map(({ completion }) => completion.tokenIds.length)),
    ),
  };
}

export function rowsOf({ prompts, promptLength, completions, completionLength }: SharedPromptLayout): number {
  return prompts * (promptLength + completions * completionLength);
}

/**
 * Cuts a batch into micro-batches of at most `maxRows` rows, padding included; a single completion may be larger.
 * Completions whose weights are all 0 have no gradient and are left out. Groups of like lengths go together.
 */
export function planMicroBatches(batch: TrainingBatch, maxRows: number): MicroBatch[] {
  const slices = batch.groups.flatMap(({ promptTokenIds, completions }, group): GroupSlice[] => {
    const active = completions
      .map((completion, index) => ({ index, completion }))
      .filter(({ completion }) => completion.weights.some((weight) => weight !== 0));
    return active.length === 0 ? [] : splitGroup({ group, promptTokenIds, completions: active }, maxRows);
  });
  const key = (slice: GroupSlice): [number, number, number] => {
    const { completions, promptLength, completionLength } = layoutOf([slice]);
    return [completions, promptLength, completionLength];
  };
  const keys = new Map(slices.map((slice) => [slice, key(slice)]));
  slices.sort((a, b) => compareKeys(keys.get(a)!, keys.get(b)!));

  const microBatches: MicroBatch[] = [];
  let open: GroupSlice[] = [];
  const close = (): void => {
    if (open.length > 0) {
      microBatches.push({ layout: layoutOf(open), slices: open });
      open = [];
    }
  };
  for (const slice of slices) {
    if (open.length > 0 && rowsOf(layoutOf([...open, slice])) > maxRows) {
      close();
    }
    open.push(slice);
  }
  close();
  return microBatches;
}

/** A group that is too large for one micro-batch, in slices of equally many completions. */
function splitGroup(group: GroupSlice, maxRows: number): GroupSlice[] {
  const { promptLength, completionLength } = layoutOf([group]);
  const most = Math.max(1, Math.floor((maxRows - promptLength) / completionLength));
  const parts = Math.ceil(group.completions.length / most);
  const size = Math.ceil(group.completions.length / parts);
  return Array.from({ length: parts }, (_, part) => ({
    ...group,
    completions: group.completions.slice(part * size, (part + 1) * size),
  })).filter(({ completions }) => completions.length > 0);
}

function compareKeys(a: readonly number[], b: readonly number[]): number {
  const different = a.findIndex((value, index) => value !== b[index]);
  return different === -1 ? 0 : a[different] - b[different];
}
