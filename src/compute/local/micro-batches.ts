import type { SharedPromptLayout } from "../../nn/attention.ts";
import type { BatchLoss, TrainingBatch, WeightedCompletion } from "../../pipeline.ts";
import { isActive, type LossKind, lossKindOf } from "./loss-inputs.ts";

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
  loss: BatchLoss | undefined;
  temperature: number;
  /** The same for all micro-batches of a batch. */
  kind: LossKind;
}

/** Up to a multiple of an eighth of the power of two below, so that few shapes are compiled, and of `leastStep`. */
function roundUp(size: number, leastStep: number): number {
  const step = Math.max(leastStep, 2 ** Math.floor(Math.log2(Math.max(1, size))) / 8);
  return Math.ceil(size / step) * step;
}

/** The grid that holds these slices; more prompts than slices where that spares another compilation. */
function layoutOf(slices: readonly GroupSlice[]): SharedPromptLayout {
  const longest = (lengths: number[]): number => roundUp(Math.max(0, ...lengths), 8);
  return {
    prompts: roundUp(slices.length, 1),
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

/** Positions in the sequences of a layout. */
export function positionsOf({ promptLength, completionLength }: SharedPromptLayout): number {
  return promptLength + completionLength;
}

/** Tokens without the padding, prompts counted once. */
export function tokensOf({ slices }: MicroBatch): number {
  return slices.reduce(
    (total, { promptTokenIds, completions }) =>
      total +
      promptTokenIds.length +
      completions.reduce((sum, { completion }) => sum + completion.tokenIds.length, 0),
    0,
  );
}

/** Rows (tokens and padding) of the micro-batches that go through the model side by side, one in each lane. */
export interface MicroBatchLimits {
  lanes: number;
  /** Of all lanes together at the most; changes memory and speed, never the update. */
  microBatchTokens: number;
  /** Up to which groups go together; a larger one goes alone. As many as `microBatchTokens` by default. */
  joinedTokens?: number;
}

/**
 * Cuts a batch into micro-batches; a single completion may be larger than the limit. Every lane has about the same work.
 * Completions whose weights and KL weights are all 0 have no gradient and are left out.
 */
export function planMicroBatches(batch: TrainingBatch, limits: MicroBatchLimits): MicroBatch[] {
  const { loss, temperature = 1 } = batch;
  const kind = lossKindOf(batch);
  return packEvenly(activeSlices(batch), limits).map((slices) => ({
    layout: layoutOf(slices),
    slices,
    loss,
    temperature,
    kind,
  }));
}

function activeSlices(batch: TrainingBatch): GroupSlice[] {
  return batch.groups.flatMap(({ promptTokenIds, completions }, group): GroupSlice[] => {
    const active = completions
      .map((completion, index) => ({ index, completion }))
      .filter(({ completion }) => isActive(completion));
    return active.length === 0 ? [] : [{ group, promptTokenIds, completions: active }];
  });
}

/** Lengths of completions, as shares of the longest, for which micro-batches are tried. */
const triedShares = Array.from({ length: 8 }, (_, eighth) => (eighth + 1) / 8);

/**
 * What the largest micro-batch may be that batches like this one are cut into: of shorter completions more go together, and
 * fewer rounds may do.
 */
export function largestLayout(batch: TrainingBatch, limits: MicroBatchLimits): SharedPromptLayout {
  const slices = activeSlices(batch);
  const layouts = triedShares.flatMap((share) =>
    packSlices(
      slices.map((slice) => shortened(slice, share)),
      rowsPerLane(limits),
    ).map(layoutOf),
  );
  return layouts.reduce((largest, layout) => (rowsOf(layout) > rowsOf(largest) ? layout : largest));
}

function shortened({ completions, ...slice }: GroupSlice, share: number): GroupSlice {
  return {
    ...slice,
    completions: completions.map(({ index, completion }) => {
      const tokenIds = completion.tokenIds.slice(0, Math.ceil(share * completion.tokenIds.length));
      return { index, completion: { ...completion, tokenIds } };
    }),
  };
}

/** Rows that one lane takes: at the most, and up to which groups are joined. */
interface LaneRows {
  most: number;
  joined: number;
}

export function rowsPerLane({
  lanes,
  microBatchTokens,
  joinedTokens = microBatchTokens,
}: MicroBatchLimits): LaneRows {
  return { most: Math.ceil(microBatchTokens / lanes), joined: Math.ceil(joinedTokens / lanes) };
}

/** The smallest micro-batches that come to as few turns of all lanes as the largest would. */
function packEvenly(groups: readonly GroupSlice[], limits: MicroBatchLimits): GroupSlice[][] {
  const { most, joined } = rowsPerLane(limits);
  let size = most;
  let packed = packSlices(groups, { most, joined });
  const places = limits.lanes * Math.ceil(packed.length / limits.lanes);
  let tooSmall = 0;
  while (size - tooSmall > 1) {
    const middle = Math.floor((size + tooSmall) / 2);
    const tried = packSlices(groups, { most: middle, joined });
    if (tried.length <= places) {
      [size, packed] = [middle, tried];
    } else {
      tooSmall = middle;
    }
  }
  return packed;
}

/** Groups of like lengths go together. */
function packSlices(groups: readonly GroupSlice[], { most, joined }: LaneRows): GroupSlice[][] {
  const slices = groups
    .flatMap((group) => splitGroup(group, most))
    .map((slice) => ({ slice, layout: layoutOf([slice]) }))
    .sort(
      (a, b) =>
        a.layout.completions - b.layout.completions ||
        a.layout.promptLength - b.layout.promptLength ||
        a.layout.completionLength - b.layout.completionLength,
    )
    .map(({ slice }) => slice);

  const packed: GroupSlice[][] = [];
  let open: GroupSlice[] = [];
  for (const slice of slices) {
    if (open.length > 0 && rowsOf(layoutOf([...open, slice])) > Math.min(joined, most)) {
      packed.push(open);
      open = [];
    }
    open.push(slice);
  }
  return open.length > 0 ? [...packed, open] : packed;
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
