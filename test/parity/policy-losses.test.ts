import { describe, expect, test } from "vitest";
import { completionWeights } from "../../src/algorithms/aggregation.ts";
import { createGpg } from "../../src/algorithms/gpg.ts";
import { gpgPresets } from "../../src/algorithms/gpg-presets.ts";
import { createGrpo, grpoDefaults } from "../../src/algorithms/grpo.ts";
import { withPinsker } from "../../src/algorithms/pinsker.ts";
import { symbolicLoss } from "../../src/compute/local/loss-inputs.ts";
import { gradients } from "../../src/engine/autodiff.ts";
import { createReferenceBackend } from "../../src/engine/backends/reference/backend.ts";
import { input } from "../../src/engine/tensor.ts";
import { logRatioRange } from "../../src/losses/log-ratio.ts";
import { tokenLoss } from "../../src/losses/token-loss.ts";
import { evaluate } from "../engine/evaluate.ts";
import { lossOf, scoredGroup, weightsOf } from "../support/scored-groups.ts";
import { fixturesAbsent, readJsonLines } from "./fixtures.ts";
import { type LossRecord, type LossRule, lossRuleOf } from "./loss-records.ts";
import { meterOf } from "./meter.ts";

const highestReward = 1;
const backend = createReferenceBackend();

/** One token of a record, with what its loss is made of. */
interface Token {
  logprob: number;
  mask: number;
  terms: { weight: number; oldLogprob: number; klWeight: number; referenceLogprob: number };
}

describe.skipIf(fixturesAbsent)("policy_losses.jsonl", () => {
  const records = readJsonLines<LossRecord>("rewards", "policy_losses.jsonl");
  const check = meterOf("policy_losses.jsonl", records.length);

  test.each(records)("$id $project $algorithm $scenario", (record) => {
    const rule = lossRuleOf(record);
    if (rule === null) {
      throw new Error(`no rule for project ${record.project}`);
    }
    if (!Number.isFinite(Number(record.expected.loss_float64))) {
      checkUndefinedLoss(record, rule);
    } else if (rule.pinsker) {
      checkPinsker(record, rule);
    } else {
      checkLoss(record, rule, tokensOf(record, rule));
    }
  });

  function checkLoss({ expected }: LossRecord, rule: LossRule, tokens: readonly Token[]) {
    const { clip, hasOldLogprobs } = rule;
    const losses = tokens.map(({ logprob, terms }) =>
      tokenLoss(logprob, {
        ...terms,
        clip: clip ?? undefined,
        oldLogprob: hasOldLogprobs ? terms.oldLogprob : undefined,
      }),
    );
    const loss = losses.reduce((sum, token) => sum + token.loss, 0);
    check("float64", loss, Number(expected.loss_float64), 1e-9);
    check("float32", loss, Number(expected.loss), 1e-6);
    const [want, rounded] = [expected.gradient_float64, expected.gradient].map((rows) => rows.flat());
    gradientOf(tokens, rule).forEach((slope, index) => {
      check("float64", slope, Number(want![index]), 1e-9);
      check("float32", slope, Number(rounded![index]), 1e-6);
    });

    const counted = tokens.reduce((total, { mask }) => total + mask, 0);
    const meanOf = (read: (token: (typeof losses)[number]) => number) =>
      losses.reduce((sum, token, index) => sum + tokens[index]!.mask * read(token), 0) / counted;
    if (expected.kl_float64 !== undefined && rule.logsTokenMeanKl && counted > 0) {
      check(
        "float64",
        meanOf(({ kl }) => kl),
        Number(expected.kl_float64),
        1e-6,
      );
    }
    if (expected.clip_ratio_low_mean_float64 !== undefined && counted > 0) {
      const low = meanOf(({ clipped }) => Number(clipped === "low"));
      const high = meanOf(({ clipped }) => Number(clipped === "high"));
      check("float64", low, Number(expected.clip_ratio_low_mean_float64), 1e-6);
      check("float64", high, Number(expected.clip_ratio_high_mean_float64), 1e-6);
    }
  }

  /** The gradient of a plain loss is its weights. */
  function checkPinsker(record: LossRecord, rule: LossRule) {
    const { inputs, expected } = record;
    const tokens = tokensOf(record, rule);
    let start = 0;
    const rows = inputs.mask.map((mask) => {
      const row = tokens.slice(start, start + mask.length);
      start += mask.length;
      return row.filter((token) => token.mask === 1);
    });
    const column = (read: (token: Token) => number) => [rows.map((row) => row.map(read))];
    const completions = rows.map((row) => ({
      tokenIds: row.map((_, t) => t),
      weights: row.map(({ terms }) => terms.weight),
      klWeights: row.map(({ terms }) => terms.klWeight),
    }));
    const { batch, lossOffset } = withPinsker(
      { groups: [{ promptTokenIds: [], completions }] },
      {
        old: column(({ logprob }) => logprob),
        reference: column(({ terms }) => terms.referenceLogprob),
      },
    );
    const weights = weightsOf(batch)[0]!;
    const loss = lossOffset - weights.flat().reduce((sum, weight) => sum + weight, 0);
    check("float64", loss, Number(expected.loss_float64), 1e-9);
    check("float32", loss, Number(expected.loss), 1e-6);
    weights.forEach((row, index) => {
      row.forEach((weight, t) => {
        check("float64", -weight, Number(expected.gradient_float64[index]![t]), 1e-9);
        check("float32", -weight, Number(expected.gradient[index]![t]), 1e-6);
      });
    });
  }

  /** By the graph that the learner runs, in float64. */
  function gradientOf(tokens: readonly Token[], { clip, hasOldLogprobs, beta }: LossRule): number[] {
    const logprobs = input("logprobs", [tokens.length]);
    const loss = symbolicLoss(logprobs, { ratio: hasOldLogprobs, kl: beta > 0 });
    const [slope] = gradients(loss, [logprobs]);
    const column = (read: (token: Token) => number) => tokens.map(read);
    const range = ({ terms }: Token) => logRatioRange(terms.weight, clip ?? { low: 0, high: 0 });
    return evaluate(
      backend,
      { slope: slope! },
      {
        logprobs: column(({ logprob }) => logprob),
        weights: column(({ terms }) => terms.weight),
        oldLogprobs: column(({ terms }) => terms.oldLogprob),
        lowestLogRatios: column((token) => range(token).lowest),
        highestLogRatios: column((token) => range(token).highest),
        referenceLogprobs: column(({ terms }) => terms.referenceLogprob),
        klWeights: column(({ terms }) => terms.klWeight),
      },
    ).slope!;
  }

  function tokensOf({ inputs, parameters }: LossRecord, { aggregation, alpha, beta }: LossRule): Token[] {
    const { logps, old_logps, ref_logps, mask, advantages } = inputs;
    const tokens_G = tokenCounts(mask);
    const own = (index: number) => alpha * (parameters.loss_masks?.[index] ?? 1);
    const weightsOf = (values_G: number[]) => completionWeights([values_G], [tokens_G], aggregation)[0]!;
    const weights_G = weightsOf(advantages.map((advantage, index) => own(index) * advantage));
    const klWeights_G = weightsOf(advantages.map((_, index) => own(index) * beta));
    return mask.flatMap((row, index) =>
      row.map((each, t) => ({
        logprob: logps[index]![t]!,
        mask: each,
        terms: {
          weight: each * weights_G[index]!,
          oldLogprob: old_logps[index]![t]!,
          klWeight: each * klWeights_G[index]!,
          referenceLogprob: ref_logps[index]![t]!,
        },
      })),
    );
  }

  /** The original divides 0 by 0: by no tokens, or by an alpha without informative groups. */
  function checkUndefinedLoss({ inputs }: LossRecord, { aggregation, beta, clip }: LossRule) {
    const { advantages, logps, mask } = inputs;
    const tokens_G = tokenCounts(mask);
    const group = scoredGroup(advantages.map((reward, row) => ({ reward, tokens: tokens_G[row]! })));
    const algorithm =
      clip === null
        ? createGpg({ ...gpgPresets.paper, ...aggregation, highestReward })
        : createGrpo({ ...grpoDefaults, ...aggregation, beta, highestReward });
    const { batch, signal } = algorithm.weigh([group]);
    expect(Number.isFinite(lossOf(batch, (_, row, column) => logps[row]![column]!))).toBe(true);
    const silent = [
      ...weightsOf(batch),
      ...batch.groups.map(({ completions }) => completions.map(({ klWeights }) => klWeights ?? [])),
    ]
      .flat(2)
      .every((weight) => weight === 0);
    expect(signal.zeroLossReason !== null).toBe(silent);
    const equal = new Set(advantages).size === 1;
    expect(silent).toBe(tokens_G.every((count) => count === 0) || (equal && (clip === null || beta === 0)));
  }
});

function tokenCounts(mask: readonly (readonly number[])[]): number[] {
  return mask.map((row) => row.reduce((total, each) => total + each, 0));
}
