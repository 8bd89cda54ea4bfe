import { combineScores } from "../../src/algorithms/combine-scores.ts";
import type { GpgSettings } from "../../src/algorithms/gpg-options.ts";
import { gpgPresets } from "../../src/algorithms/gpg-presets.ts";
import type { Score, ScoredGroup } from "../../src/pipeline.ts";
import { scoredGroup } from "../support/scored-groups.ts";
import type { Recorded } from "./loss-records.ts";

interface Parameters {
  num_generations: number;
  scale_rewards?: boolean;
  scale_batch?: boolean;
  min_inverse_alpha?: number;
  adjust_gd?: boolean;
  reward_weights?: number[];
  critic_type?: string;
  f_norm?: number;
}

/** One completion of a generation batch; token 0 pads, token 1 ends a completion. */
export interface Row {
  row: string;
  prompt_ids: number[];
  completion_ids: number[];
  rewards: (Recorded | null)[];
}

/** The training batch that came out, rows padded to one width. */
export interface Merged {
  rows: string[];
  prompt_ids: number[][];
  prompt_mask: number[][];
  completion_ids: number[][];
  completion_mask: number[][];
  generation_batches: number;
  inverse_alpha?: number;
  metrics?: {
    inverse_alpha?: number;
    num_identical_reward_groups?: number;
    num_samples?: number;
    num_easy_problem?: number;
    num_hard_problem?: number;
  };
}

export interface Advantages {
  advantages: Recorded[];
  advantages_float64: Recorded[];
}

export interface AdvantageRecord {
  id: string;
  project: string;
  algorithm: string;
  scenario: string;
  parameters: Parameters;
  inputs: { rewards?: Recorded[]; batches?: Row[][]; batches_per_process?: Row[][][] };
  expected: Advantages | (Advantages & Merged) | { ranks: (Advantages & Merged)[] } | { raises: string };
}

export function number(recorded: Recorded): number {
  return Number(recorded);
}

/** The preset of a record's project with the record's switches; null for what is not GPG. */
export function settingsOf({ project, parameters }: AdvantageRecord): GpgSettings | null {
  const informativeShare = parameters.min_inverse_alpha ?? 0;
  switch (project) {
    case "open-r1":
      return {
        ...gpgPresets["open-r1"],
        normalisation: parameters.scale_rewards ? "group-std" : "none",
        informativeShare,
      };
    case "open-rs": {
      const scaled = parameters.scale_batch ? "batch-std" : "group-std";
      return { ...gpgPresets["open-rs"], normalisation: parameters.scale_rewards ? scaled : "none" };
    }
    case "r1-v":
    case "visual-rft":
    case "visualthinker":
      return {
        ...gpgPresets.vision,
        normalisation: parameters.adjust_gd ? "none" : "group-std",
        informativeShare,
      };
    case "verl":
      return gpgPresets.verl;
    case "understand-r1-zero":
      return parameters.critic_type === "drgrpo" ? { ...gpgPresets.paper, alpha: "off" } : null;
    default:
      return null;
  }
}

/** The groups of a generation batch, in their order. Rewards pass through float32, as in the trainers. */
export function groupsOf(rows: readonly Row[], { parameters }: AdvantageRecord): ScoredGroup[] {
  const groups: ScoredGroup[] = [];
  for (let start = 0; start < rows.length; start += parameters.num_generations) {
    const group = rows.slice(start, start + parameters.num_generations);
    groups.push(
      scoredGroup(
        group.map((row) => ({
          reward: combinedReward(row, parameters.reward_weights),
          tokens: throughEndToken(row.completion_ids),
        })),
        group.map(({ row }) => row).join(" "),
        group[0]!.prompt_ids,
      ),
    );
  }
  return groups;
}

function combinedReward({ rewards }: Row, weights: readonly number[] = rewards.map(() => 1)): Score {
  const named = (each: readonly unknown[]) => each.map((value, index) => [`reward ${index}`, value] as const);
  const scores = rewards.map(
    (reward): Score =>
      reward === null
        ? { kind: "unscorable", reason: "the function returned nothing" }
        : { kind: "value", value: Math.fround(number(reward)) },
  );
  return combineScores(
    Object.fromEntries(named(scores)) as Record<string, Score>,
    Object.fromEntries(named(weights)) as Record<string, number>,
  );
}

function throughEndToken(tokenIds: readonly number[]): readonly number[] {
  const end = tokenIds.indexOf(1);
  return end < 0 ? tokenIds : tokenIds.slice(0, end + 1);
}

export function rowNames(groups: readonly ScoredGroup[]): string[] {
  return groups.flatMap(({ prompt }) => prompt.problem.id.split(" "));
}
