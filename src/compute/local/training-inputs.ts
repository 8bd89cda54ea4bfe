import type { Backend, Buffer } from "../../engine/backend.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { input } from "../../engine/tensor.ts";
import { masked, type SharedPromptLayout } from "../../nn/attention.ts";
import { causalMask } from "./causal-mask.ts";
import {
  allocateLossInputs,
  clearLossInputs,
  fillLossInputs,
  type LossInputBuffers,
  type LossKind,
} from "./loss-inputs.ts";
import { type MicroBatch, rowsOf } from "./micro-batches.ts";

/** Rows of a layout that belong to prompts; those of the completions follow. */
export function promptRowsOf({ prompts, promptLength }: SharedPromptLayout): number {
  return prompts * promptLength;
}

function completionMaskShape({ prompts, promptLength, completionLength }: SharedPromptLayout): number[] {
  return promptLength > 0
    ? [prompts, 1, completionLength, promptLength + completionLength]
    : [completionLength, completionLength];
}

/** The masks that the attention of a layout reads; without prompt rows there is none of prompts. */
export function attentionMasks(layout: SharedPromptLayout): {
  promptMask: Tensor | null;
  completionMask: Tensor;
} {
  const { promptLength } = layout;
  return {
    promptMask: promptLength > 0 ? input("promptMask", [promptLength, promptLength]) : null,
    completionMask: input("completionMask", completionMaskShape(layout)),
  };
}

/** What a pass over one layout reads beside the policy, by the names of the graphs' inputs. */
export type TrainingInputBuffers = Readonly<
  Record<
    "tokenIds" | "positions" | "targets" | "inverseTemperature" | "promptMask" | "completionMask",
    Buffer
  >
> &
  LossInputBuffers;

/** `loss` is null where none is computed. */
export function allocateTrainingInputs(
  backend: Backend,
  layout: SharedPromptLayout,
  loss: LossKind | null,
): TrainingInputBuffers {
  const rows = rowsOf(layout);
  const completionRows = rows - promptRowsOf(layout);
  return {
    tokenIds: backend.allocate([rows], "integer"),
    positions: backend.allocate([rows], "integer"),
    targets: backend.allocate([completionRows], "integer"),
    inverseTemperature: backend.allocate([]),
    ...(loss && allocateLossInputs(backend, completionRows, loss)),
    promptMask: causalMask(backend, layout.promptLength),
    completionMask: backend.allocate(completionMaskShape(layout)),
  };
}

/** Rows: prompts [P, T1] without their last token, then completions [P, G, T2], each led by the last prompt token. */
export function fillTrainingInputs(
  own: TrainingInputBuffers,
  { slices, loss, temperature }: MicroBatch,
  layout: SharedPromptLayout,
): void {
  const { prompts, promptLength, completions, completionLength } = layout;
  const tokenIds = own.tokenIds.values as BigInt64Array;
  const positions = own.positions.values as BigInt64Array;
  const targets = own.targets.values as BigInt64Array;
  for (const values of [tokenIds, positions, targets]) {
    values.fill(0n);
  }
  clearLossInputs(own);
  own.inverseTemperature.values[0] = 1 / temperature;
  const promptRows = prompts * promptLength;
  slices.forEach(({ promptTokenIds, completions: members }, prompt) => {
    const context = promptTokenIds.length - 1;
    for (let t = 0; t < context; t++) {
      tokenIds[prompt * promptLength + t] = BigInt(promptTokenIds[t]);
      positions[prompt * promptLength + t] = BigInt(t);
    }
    members.forEach(({ completion }, member) => {
      const start = (prompt * completions + member) * completionLength;
      completion.tokenIds.forEach((token, t) => {
        const previous = t === 0 ? promptTokenIds[context] : completion.tokenIds[t - 1];
        tokenIds[promptRows + start + t] = BigInt(previous);
        positions[promptRows + start + t] = BigInt(context + t);
        targets[start + t] = BigInt(token);
      });
      fillLossInputs(own, completion, loss, start);
    });
  });
  fillCompletionMask(
    own.completionMask.values as Float32Array,
    slices.map(({ promptTokenIds }) => promptTokenIds.length - 1),
    layout,
  );
}

/** Hides the padding of each prompt and, within a completion, what follows a position. */
function fillCompletionMask(
  completionMask: Float32Array,
  contexts_P: readonly number[],
  { promptLength, completionLength }: SharedPromptLayout,
): void {
  const total = promptLength + completionLength;
  const perPrompt = completionLength * total;
  for (let prompt = 0; prompt < completionMask.length / perPrompt; prompt++) {
    const context = contexts_P[prompt] ?? 0;
    for (let t = 0; t < completionLength; t++) {
      const row = prompt * perPrompt + t * total;
      completionMask.fill(0, row, row + total);
      if (promptLength > 0) {
        completionMask.fill(masked, row + context, row + promptLength);
      }
      completionMask.fill(masked, row + promptLength + t + 1, row + total);
    }
  }
}
