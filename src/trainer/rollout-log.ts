import path from "node:path";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { writeFileAtomically } from "../atomic-file.ts";
import type { Problem, ScoredGroup, ScoredRollout, TrainingBatch } from "../pipeline.ts";
import { unscoredReason } from "./metrics.ts";

/**
 * Writes `step-000001.parquet`: a row for each completion sampled in a step. `reward_NAME` is null where that reward gave
 * no value and `unscored_reason` then says why; `token_weight` is the mean weight of the completion's tokens, null
 * where it was not trained on; `token_ids` is a JSON list, because a text may stand for other tokens than were sampled.
 */
export function writeRolloutLog(
  folder: string,
  step: number,
  sampled: readonly ScoredGroup[],
  trainedOn: TrainingBatch,
): void {
  const file = path.join(folder, `step-${String(step).padStart(6, "0")}.parquet`);
  writeFileAtomically(
    file,
    new Uint8Array(parquetWriteBuffer({ columnData: columns(step, sampled, trainedOn) })),
  );
}

/** A problem's prompt as the log has it. */
export function promptText({ prompt }: Problem): string {
  return typeof prompt === "string" ? prompt : JSON.stringify(prompt);
}

interface Row extends ScoredRollout {
  group: number;
  problemId: string;
  prompt: string;
}

function columns(step: number, sampled: readonly ScoredGroup[], trainedOn: TrainingBatch): ColumnSource[] {
  const rows = sampled.flatMap(({ prompt: { problem }, rollouts }, group): Row[] =>
    rollouts.map((scored) => ({
      ...scored,
      group,
      problemId: problem.id,
      prompt: promptText(problem),
    })),
  );
  const weights = meanWeights(trainedOn);
  const column = (
    name: string,
    type: "STRING" | "INT32" | "DOUBLE" | "JSON",
    read: (row: Row) => string | number | readonly number[] | null,
    nullable = false,
  ): ColumnSource => ({ name, type, nullable, data: rows.map(read) });
  const rewardNames = [...new Set(rows.flatMap(({ scores }) => Object.keys(scores)))];
  return [
    column("step", "INT32", () => step),
    column("group", "INT32", ({ group }) => group),
    column("problem_id", "STRING", ({ problemId }) => problemId),
    column("prompt", "STRING", ({ prompt }) => prompt),
    column("completion", "STRING", ({ rollout }) => rollout.text),
    column("completion_tokens", "INT32", ({ rollout }) => rollout.tokenIds.length),
    column("token_ids", "JSON", ({ rollout }) => rollout.tokenIds),
    column("finish_reason", "STRING", ({ rollout }) => rollout.finishReason),
    column("reward", "DOUBLE", ({ score }) => (score.kind === "value" ? score.value : null), true),
    ...rewardNames.map((name) =>
      column(
        `reward_${name}`,
        "DOUBLE",
        ({ scores: { [name]: score } }) => (score?.kind === "value" ? score.value : null),
        true,
      ),
    ),
    column("unscored_reason", "STRING", unscoredReason, true),
    column("token_weight", "DOUBLE", ({ rollout }) => weights.get(rollout.tokenIds) ?? null, true),
  ];
}

/** By the completion's own array of token ids, which the algorithm passes on. */
function meanWeights({ groups }: TrainingBatch): Map<readonly number[], number> {
  return new Map(
    groups.flatMap(({ completions }) =>
      completions.map(({ tokenIds, weights }) => [
        tokenIds,
        weights.reduce((total, weight) => total + weight, 0) / Math.max(weights.length, 1),
      ]),
    ),
  );
}
