import { afterAll, describe, expect, test } from "vitest";
import { advantages } from "../../src/algorithms/advantages.ts";
import { completionWeights } from "../../src/algorithms/aggregation.ts";
import { alphaFromShare } from "../../src/algorithms/alpha.ts";
import { createGpg } from "../../src/algorithms/gpg.ts";
import type { GpgSettings } from "../../src/algorithms/gpg-options.ts";
import { gpgPresets } from "../../src/algorithms/gpg-presets.ts";
import {
  groupStatistics,
  hasGradient,
  present,
  unbiasedStandardDeviation,
} from "../../src/algorithms/group-statistics.ts";
import type { ScoredGroup } from "../../src/pipeline.ts";
import { lossOf, scoredGroup, weightsOf } from "../support/scored-groups.ts";
import {
  type AdvantageRecord,
  type Advantages,
  groupsOf,
  type LossRecord,
  type Merged,
  number,
  rowNames,
  settingsOf,
} from "./algorithm-records.ts";
import { fixturesAbsent, readJsonLines } from "./fixtures.ts";

const highestReward = 1;

/** Remembers the largest difference, relative to what is expected where that exceeds 1, and prints it at the end. */
function meterOf(
  file: string,
  covered: number,
  notCovered: readonly { project: string; algorithm: string }[],
) {
  const largest = { float64: 0, float32: 0 };
  afterAll(() => {
    const rest = new Map<string, number>();
    for (const { project, algorithm } of notCovered) {
      rest.set(`${project} ${algorithm}`, (rest.get(`${project} ${algorithm}`) ?? 0) + 1);
    }
    const errors = `${largest.float64.toExponential(1)} (float64 columns), ${largest.float32.toExponential(1)} (float32 columns, with their own rounding)`;
    const names = [...rest].map(([name, count]) => `${name} (${count})`).join(", ");
    console.log(`${file}: ${covered} cases, largest error ${errors}; not GPG, left out: ${names || "none"}`);
  });
  return (precision: keyof typeof largest, got: number, want: number, tolerance: number) => {
    const error = Math.abs(got - want) / Math.max(1, Math.abs(want));
    largest[precision] = Math.max(largest[precision], error);
    expect(error, `${got} instead of ${want}`).toBeLessThanOrEqual(tolerance);
  };
}

describe.skipIf(fixturesAbsent)("gpg_advantages.jsonl", () => {
  const all = readJsonLines<AdvantageRecord>("rewards", "gpg_advantages.jsonl");
  const records = all.filter((record) => settingsOf(record) !== null);
  const check = meterOf(
    "gpg_advantages.jsonl",
    records.length,
    all.filter((record) => settingsOf(record) === null),
  );

  test.each(records)("$id $project $scenario", (record) => {
    if (record.inputs.rewards) {
      checkEstimator(record, settingsOf(record)!);
    } else {
      checkTrainer(record, settingsOf(record)!);
    }
  });

  /** Rewards in, advantages out, alpha included; every completion has one token. */
  function checkEstimator({ parameters, inputs, expected }: AdvantageRecord, settings: GpgSettings) {
    const rewards = inputs.rewards!.map(number);
    const groups: ScoredGroup[] = [];
    for (let start = 0; start < rewards.length; start += parameters.num_generations) {
      groups.push(scoredGroup(rewards.slice(start, start + parameters.num_generations)));
    }
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

describe.skipIf(fixturesAbsent)("policy_losses.jsonl", () => {
  const all = readJsonLines<LossRecord>("rewards", "policy_losses.jsonl");
  const records = all.filter((record) => aggregationOf(record) !== null);
  const check = meterOf(
    "policy_losses.jsonl",
    records.length,
    all.filter((record) => aggregationOf(record) === null),
  );

  test.each(records)("$id $project $algorithm $scenario", (record) => {
    const { inputs, expected } = record;
    const tokens_G = inputs.mask.map((mask) => mask.reduce((total, each) => total + each, 0));
    const weights_G = completionWeights(
      [inputs.advantages.map((advantage) => alphaOf(record) * advantage)],
      [tokens_G],
      aggregationOf(record)!,
    )[0]!;
    if (!Number.isFinite(number(expected.loss_float64))) {
      checkUndefinedLoss(record, tokens_G);
      return;
    }
    const weights = inputs.mask.map((mask, row) => mask.map((each) => each * weights_G[row]!));
    const penalty = klPenalty(record, tokens_G);
    let loss = 0;
    weights.forEach((weights_T, row) => {
      weights_T.forEach((weight, column) => {
        const { value, slope } = penalty(row, column);
        loss += value - weight * inputs.logps[row]![column]!;
        check("float64", slope - weight, number(expected.gradient_float64[row]![column]!), 1e-9);
        check("float32", slope - weight, number(expected.gradient[row]![column]!), 1e-6);
      });
    });
    check("float64", loss, number(expected.loss_float64), 1e-9);
    check("float32", loss, number(expected.loss), 1e-6);
  });

  /** How a record's loss is a mean; null for losses that have a ratio, which no weight can express. */
  function aggregationOf({ project, algorithm, parameters }: LossRecord) {
    if (project === "understand-r1-zero") {
      const plain = parameters.reinforce_update && !parameters.beta && !parameters.loss_masks;
      return plain
        ? { aggregation: "constant" as const, aggregationConstant: parameters.generate_max_length! }
        : null;
    }
    if (algorithm !== "gpg" && algorithm !== "gpg_std") {
      return null;
    }
    return project.startsWith("open-") ? gpgPresets["open-r1"] : gpgPresets.vision;
  }

  function alphaOf({ project, parameters }: LossRecord): number {
    const { inverseAlphaOffset } = project.startsWith("open-") ? gpgPresets["open-r1"] : gpgPresets.vision;
    return parameters.adjust_gd ? alphaFromShare(parameters.inverse_alpha!, inverseAlphaOffset) : 1;
  }

  /** The KL term and its slope, which the text trainers add beside the policy gradient; open-rs's `gpg` and the others only log it. */
  function klPenalty(record: LossRecord, tokens_G: readonly number[]) {
    const { project, algorithm, parameters, inputs } = record;
    const added = project === "open-r1" || algorithm === "gpg_std";
    const total = tokens_G.reduce((sum, count) => sum + count, 0);
    const scale = added ? ((parameters.beta ?? 0) * alphaOf(record)) / total : 0;
    return (row: number, column: number) => {
      const share = scale * inputs.mask[row]![column]!;
      const difference = inputs.ref_logps[row]![column]! - inputs.logps[row]![column]!;
      return {
        value: share * (Math.exp(difference) - difference - 1),
        slope: share * (1 - Math.exp(difference)),
      };
    };
  }

  /** The original divides 0 by 0: by no tokens, or by an alpha without informative groups. */
  function checkUndefinedLoss(record: LossRecord, tokens_G: readonly number[]) {
    const settings = aggregationOf(record)!;
    const { advantages, logps } = record.inputs;
    const rollouts = advantages.map((reward, row) => ({ reward, tokens: tokens_G[row]! }));
    const { batch, signal } = createGpg({ ...gpgPresets.paper, ...settings, highestReward }).weigh([
      scoredGroup(rollouts),
    ]);
    expect(Number.isFinite(lossOf(batch, (_, row, column) => logps[row]![column]!))).toBe(true);
    const zero = weightsOf(batch)
      .flat(2)
      .every((weight) => weight === 0);
    expect(signal.zeroLossReason !== null).toBe(zero);
    expect(zero).toBe(tokens_G.every((count) => count === 0) || new Set(advantages).size === 1);
  }
});
