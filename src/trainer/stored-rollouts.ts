import { readdirSync } from "node:fs";
import path from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from "hyparquet";
import { CheckpointError, errorMessage } from "../errors.ts";
import type { FinishReason } from "../pipeline.ts";

/** A completion as the rollout log has it. */
export interface StoredRollout {
  problemId: string;
  /** As `writeRolloutLog` writes it: a text, or messages as JSON. */
  prompt: string;
  completion: string;
  completionTokens: number;
  /** null in logs that were written without them. */
  tokenIds: readonly number[] | null;
  finishReason: FinishReason;
  /** The combined reward; null where there was none. */
  reward: number | null;
  /** By the reward's name; null where it gave no value. */
  rewards: Readonly<Record<string, number | null>>;
  unscoredReason: string | null;
}

/** Completions that were sampled from one prompt in one step. */
export interface StoredGroup {
  step: number;
  rollouts: readonly StoredRollout[];
}

type Row = Record<string, unknown>;

/** `token_ids` is younger than the others, and rewards have the names of the recipe. */
const required = [
  "step",
  "group",
  "problem_id",
  "prompt",
  "completion",
  "completion_tokens",
  "finish_reason",
  "reward",
  "unscored_reason",
];
const rewardPrefix = "reward_";

/** The files of a rollout log, oldest first. */
export function rolloutFiles(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => /^step-\d+\.parquet$/.test(name));
  return names.sort().map((name) => path.join(folder, name));
}

/** The problems of one file, one for each completion. Throws CheckpointError for a file that cannot be read. */
export async function readStoredProblemIds(file: string): Promise<string[]> {
  return (await readRows(file, ["problem_id"])).map((row) => String(row.problem_id));
}

/** The groups of one file in the order they were sampled. Throws CheckpointError for a file that cannot be read. */
export async function readStoredGroups(file: string): Promise<StoredGroup[]> {
  const groups = new Map<unknown, { step: number; rollouts: StoredRollout[] }>();
  for (const row of await readRows(file)) {
    const group = groups.get(row.group) ?? { step: Number(row.step), rollouts: [] };
    group.rollouts.push(toRollout(row));
    groups.set(row.group, group);
  }
  return [...groups.values()];
}

async function readRows(file: string, columns?: string[]): Promise<Row[]> {
  try {
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer);
    const present = parquetSchema(metadata).children.map(({ element }) => element.name);
    const missing = (columns ?? required).filter((name) => !present.includes(name));
    if (missing.length > 0) {
      throw new CheckpointError(
        `columns are missing: ${missing.join(", ")} (columns: ${present.join(", ")})`,
      );
    }
    return await parquetReadObjects({ file: buffer, metadata, ...(columns && { columns }) });
  } catch (error) {
    throw new CheckpointError(
      `${file}: these rollouts cannot be read: ${errorMessage(error)}; move the file away to go on without them`,
    );
  }
}

function toRollout(row: Row): StoredRollout {
  const names = Object.keys(row).filter((name) => name.startsWith(rewardPrefix));
  const number = (name: string) => row[name] as number | null;
  return {
    problemId: String(row.problem_id),
    prompt: String(row.prompt),
    completion: String(row.completion),
    completionTokens: Number(row.completion_tokens),
    tokenIds: (row.token_ids as readonly number[] | undefined) ?? null,
    finishReason: row.finish_reason as FinishReason,
    reward: number("reward"),
    rewards: Object.fromEntries(names.map((name) => [name.slice(rewardPrefix.length), number(name)])),
    unscoredReason: row.unscored_reason as string | null,
  };
}
