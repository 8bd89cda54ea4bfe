import { describe, expect, test } from "vitest";
import { advantages } from "../../src/algorithms/advantages.ts";
import { createGpg } from "../../src/algorithms/gpg.ts";
import type { GpgSettings } from "../../src/algorithms/gpg-options.ts";
import { gpgPresets } from "../../src/algorithms/gpg-presets.ts";
import {
  groupStatistics,
  hasGradient,
  present,
  unbiasedStandardDeviation,
} from "../../src/algorithms/group-statistics.ts";
import { createGrpo, grpoDefaults } from "../../src/algorithms/grpo.ts";
import type { ScoredGroup } from "../../src/pipeline.ts";
import { scoredGroup, weightsOf } from "../support/scored-groups.ts";
import {
  type AdvantageRecord,
  type Advantages,
  groupsOf,
  type Merged,
  number,
  rowNames,
  settingsOf,
} from "./algorithm-records.ts";
import { fixturesAbsent, readJsonLines } from "./fixtures.ts";
import { meterOf } from "./meter.ts";

const highestReward = 1;

describe.skipIf(fixturesAbsent)("gpg_advantages.jsonl", () => {
  const records = readJsonLines<AdvantageRecord>("rewards", "gpg_advantages.jsonl");
  const check = meterOf("gpg_advantages.jsonl", records.length);

  test.each(records)("$id $project $scenario", (record) => {
    const settings = settingsOf(record);
    if (settings === null) {
      checkGrpo(record);
    } else if (record.inputs.rewards) {
      checkEstimator(record, settings);
    } else {
      checkTrainer(record, settings);
    }
  });

  /** oat's GRPO, which adds less to the deviation than others; every completion has one token. */
  function checkGrpo(record: AdvantageRecord) {
    expect([record.project, record.algorithm]).toEqual(["understand-r1-zero", "grpo"]);
    const groups = rewardGroups(record);
    const { batch } = createGrpo({
      ...grpoDefaults,
      scaleEpsilon: 1e-8,
      aggregation: "tokens",
      highestReward,
    }).weigh(groups);
    const rewards = record.inputs.rewards!.map(number);
    const trained = rewards.filter(Number.isFinite).length;
    const got = weightsOf(batch)
      .flat()
      .map(([weight]) => weight! * trained);
    const expected = record.expected as Advantages;
    if (trained === rewards.length) {
      checkAdvantages(expected, got, groups, { ...gpgPresets.paper, normalisation: "group-std" });
      return;
    }
    // A completion without a reward leaves ours alone, and the original with its whole group.
    got.forEach((value, row) => {
      const want = number(expected.advantages_float64[row]!);
      check("float64", value, Number.isFinite(want) ? want : value, 1e-9);
      expect(Number.isFinite(value) && (Number.isFinite(rewards[row]!) || value === 0)).toBe(true);
    });
  }

  function rewardGroups({ parameters, inputs }: AdvantageRecord): ScoredGroup[] {
    const rewards = inputs.rewards!.map(number);
    const groups: ScoredGroup[] = [];
    for (let start = 0; start < rewards.length; start += parameters.num_generations) {
      groups.push(scoredGroup(rewards.slice(start, start + parameters.num_generations)));
    }
    return groups;
  }

  /** Rewards in, advantages out, alpha included; every completion has one token. */
  function checkEstimator(record: AdvantageRecord, settings: GpgSettings) {
    const { parameters, expected } = record;
    const rewards = record.inputs.rewards!.map(number);
    const groups = rewardGroups(record);
    const { weights, alpha } = checkedWeights(groups, groups, settings);
    if (rewards.every(Number.isFinite)) {
      // verl's alpha is in float32 whatever the rewards are.
      const scale = (rewards.length / (parameters.f_norm ?? 1)) * (Math.fround(alpha) / alpha);
      const got = weights.map(([weight]) => weight! * scale);
      checkAdvantages(expected as Advantages, got, groups, settings);
    } else {
      expect(rewards.every((reward, row) => Number.isFinite(reward) || weights[row]![0] === 0)).toBe(true);
    }
  }

  /** The processes of a step make up one batch; which of its rows a process keeps is a selection among its own. */
  function checkTrainer(record: AdvantageRecord, settings: GpgSettings) {
    const { inputs, expected } = record;
    const batches = inputs.batches_per_process ?? inputs.batches!.map((rows) => [rows]);
    const rounds = batches.map((processes) => processes.map((rows) => groupsOf(rows, record)));
    const gpg = createGpg({ ...settings, highestReward });
    const batchSize = rounds[0]!.flat().length;
    let consumed = 1;
    while (
      consumed < rounds.length &&
      consumed <= settings.maxResampleRounds &&
      !gpg.hasEnoughSignal(rounds.slice(0, consumed).flat(2), batchSize)
    ) {
      consumed += 1;
    }
    const sampled = rounds.slice(0, consumed).flat(2);
    // open-rs neither resamples nor reorders.
    const select = (groups: readonly ScoredGroup[], size: number) =>
      record.project === "open-rs" ? [...groups] : gpg.select(groups, size);
    const selected = select(sampled, batchSize);
    const weighed = checkedWeights(selected, sampled, settings);
    if ("raises" in expected) {
      // Where the original gives up, ours trains on whatever signal there is, or says why there is none.
      const signal = sampled.some((group) =>
        hasGradient(groupStatistics(group, { ...settings, highestReward })),
      );
      expect(weighed.zeroLossReason === null).toBe(signal);
      return;
    }
    const ranks = "ranks" in expected ? expected.ranks : [expected as Advantages & Merged];
    ranks.forEach((rank, process) => {
      const own = rounds.slice(0, consumed).flatMap((processes) => processes[process]!);
      const kept = select(own, rounds[0]![process]!.length);
      expect(consumed).toBe(rank.generation_batches);
      expect(rowNames(kept)).toEqual(rank.rows);
      checkTokens(rank, kept);
      const statistics = kept.map((group) => groupStatistics(group, { ...settings, highestReward }));
      checkAdvantages(rank, advantages(statistics, settings.normalisation).flat(), kept, settings);
    });
    checkAlpha(ranks, weighed, settings);
    checkCounts(ranks[0]!, rounds[consumed - 1]!.flat(), settings);
  }

  /** One weight a token; where all are zero there is a reason, and only there. */
  function checkedWeights(
    groups: readonly ScoredGroup[],
    sampled: readonly ScoredGroup[],
    settings: GpgSettings,
  ) {
    const { batch, signal } = createGpg({ ...settings, highestReward }).weigh(groups, sampled);
    const weights = weightsOf(batch).flat();
    expect(weights.flat().every(Number.isFinite)).toBe(true);
    expect(signal.zeroLossReason === null).toBe(weights.flat().some((weight) => weight !== 0));
    return { weights, alpha: signal.alpha, zeroLossReason: signal.zeroLossReason };
  }

  function checkAdvantages(
    { advantages, advantages_float64 }: Advantages,
    got: readonly number[],
    groups: readonly ScoredGroup[],
    settings: GpgSettings,
  ) {
    expect(got).toHaveLength(advantages_float64.length);
    const statistics = groups.map((group) => groupStatistics(group, { ...settings, highestReward }));
    const all = statistics.flatMap(({ rewards_G }) => present(rewards_G));
    const largest = Math.max(1, ...all.map(Math.abs));
    const rounding = statistics.flatMap(({ rewards_G, standardDeviation }) => {
      const deviation =
        settings.normalisation === "batch-std" ? unbiasedStandardDeviation(all) : standardDeviation;
      const factor = settings.normalisation === "none" ? 1 : deviation + 1e-4;
      return rewards_G.map(() => (2 ** -22 * largest) / Math.min(1, factor));
    });
    got.forEach((value, row) => {
      check("float64", value, number(advantages_float64[row]!), 1e-9);
      // The original's mean in float32 is off by its own rounding, which a small deviation magnifies.
      check("float32", value, number(advantages[row]!), 1e-6 + rounding[row]!);
    });
  }

  /** Without their padding, merged rows hold the tokens that were sampled. */
  function checkTokens(rank: Merged, kept: readonly ScoredGroup[]) {
    const completions = kept.flatMap(({ rollouts }) => rollouts.map(({ rollout }) => rollout.tokenIds));
    const prompts = kept.flatMap(({ prompt, rollouts }) => rollouts.map(() => prompt.tokenIds));
    completions.forEach((tokenIds, row) => {
      const masked = rank.completion_ids[row]!.filter(
        (_, column) => rank.completion_mask[row]![column] === 1,
      );
      expect(masked.slice(0, tokenIds.length)).toEqual(tokenIds);
      // The original counts the padding of a completion without an end token.
      expect(masked.slice(tokenIds.length).every((token) => token === 0)).toBe(true);
      expect(rank.prompt_ids[row]!.filter((_, column) => rank.prompt_mask[row]![column] === 1)).toEqual(
        prompts[row],
      );
    });
  }

  function checkAlpha(
    ranks: readonly (Advantages & Merged)[],
    { weights, alpha: got, zeroLossReason }: ReturnType<typeof checkedWeights>,
    settings: GpgSettings,
  ) {
    const inverseAlpha = ranks[0]!.metrics?.inverse_alpha ?? ranks[0]!.inverse_alpha;
    if (inverseAlpha === 0) {
      expect(zeroLossReason).not.toBeNull();
      return;
    }
    const alpha = inverseAlpha === undefined ? 1 : 1 / (inverseAlpha + settings.inverseAlphaOffset);
    check("float64", got, zeroLossReason === null ? alpha : 1, 1e-12);
    if (ranks.length === 1) {
      const tokens = weights.flat().length;
      weights.forEach((weights_T, row) => {
        const count = settings.aggregation === "tokens" ? tokens : weights.length * weights_T.length;
        const want = (alpha * number(ranks[0]!.advantages_float64[row]!)) / count;
        weights_T.forEach((weight) => {
          check("float64", weight, want, 1e-9);
        });
      });
    }
  }

  /** The original counts groups in the last generation batch. */
  function checkCounts({ metrics }: Merged, lastBatch: readonly ScoredGroup[], settings: GpgSettings) {
    if (metrics?.num_identical_reward_groups !== undefined) {
      const { signal } = createGpg({ ...settings, highestReward }).weigh(lastBatch);
      expect(signal.allRightGroups + signal.allWrongGroups).toBe(metrics.num_identical_reward_groups);
      expect(signal.groups).toBe(metrics.num_samples);
      const scores = lastBatch.flatMap(({ rollouts }) => rollouts.map(({ score }) => score));
      // "Easy" and "hard" are means of exactly 1 and 0 there, which other rewards reach without being equal.
      if (scores.every((score) => score.kind === "value" && (score.value === 0 || score.value === 1))) {
        expect([signal.allRightGroups, signal.allWrongGroups]).toEqual([
          metrics.num_easy_problem,
          metrics.num_hard_problem,
        ]);
      }
    }
  }
});
