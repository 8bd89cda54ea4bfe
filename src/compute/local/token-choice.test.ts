import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BackendError, ConfigError } from "../../errors.ts";
import { uniform } from "../../random.ts";
import { createTokenChooser, type TokenChoiceParameters } from "./token-choice.ts";

interface FrozenCases {
  promptTokenIds: number[];
  completionTokenIds: number[];
  rows: Record<string, (number | null)[]>;
  cases: {
    row: string;
    parameters: Partial<TokenChoiceParameters>;
    kept: number[];
    logprobs: number[];
    entropy: number;
  }[];
}

const frozen: FrozenCases = JSON.parse(
  readFileSync(new URL("./token-choice.cases.json", import.meta.url), "utf8"),
);
const plain: TokenChoiceParameters = { temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };
const largestUniform = 1 - 2 ** -53;

/** Every token that some uniform number draws, found at the middles of the tokens' shares. */
function drawAll(
  logits: Float32Array,
  parameters: TokenChoiceParameters,
  shares: readonly number[],
  seen: readonly [readonly number[], readonly number[]] = [[], []],
): { tokenId: number; logprob: number; entropy: number }[] {
  const choose = createTokenChooser(parameters, logits.length);
  let before = 0;
  return shares.map((share) => {
    const middle = Math.min(before + share / 2, largestUniform);
    before += share;
    return { ...choose(logits, 0, seen[0], seen[1], middle) };
  });
}

describe("against transformers", () => {
  const { promptTokenIds, completionTokenIds, rows, cases } = frozen;
  test.each(cases)("$row $parameters", ({ row, parameters, kept, logprobs, entropy }) => {
    const logits = Float32Array.from(rows[row], (value) => value ?? Number.NEGATIVE_INFINITY);
    // Which of equally likely tokens top-p keeps is left open there, so only their number and shares are compared.
    const cutsTies = row === "ties" && (parameters.topP ?? 1) < 1;
    const shares = cutsTies ? new Array(2000).fill(1 / 2000) : logprobs.map(Math.exp);
    const draws = drawAll(logits, { ...plain, ...parameters }, shares, [promptTokenIds, completionTokenIds]);
    expect(draws.every((draw) => Math.abs(draw.entropy - entropy) < 2e-6)).toBe(true);
    if (cutsTies) {
      const distinct = [...new Map(draws.map((draw) => [draw.tokenId, draw.logprob])).values()];
      expectClose(distinct.toSorted(), logprobs.toSorted());
    } else {
      // The shares come from float32: the smallest are too narrow to be met in the middle.
      const wide = draws.filter((_, index) => logprobs[index] > Math.log(1e-5));
      expect(wide.map(({ tokenId }) => tokenId)).toEqual(kept.filter((_, i) => logprobs[i] > Math.log(1e-5)));
      expectClose(
        draws.map(({ logprob }) => logprob),
        draws.map(({ tokenId }) => logprobs[kept.indexOf(tokenId)]),
      );
    }
  });
});

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expect(actual.filter((value, i) => !(Math.abs(value - expected[i]) < 2e-6))).toEqual([]);
}

/** Log-probabilities of all tokens, -Infinity where dropped: the definitions, with a sort. */
function naive(logits: Float32Array, { temperature, topK, topP, minP }: TokenChoiceParameters): number[] {
  const scores = Array.from(logits, (logit) => logit / temperature);
  const normalize = (): number[] => {
    const largest = Math.max(...scores);
    const total = scores.reduce((sum, score) => sum + Math.exp(score - largest), 0);
    return scores.map((score) => score - largest - Math.log(total));
  };
  if (topK > 0) {
    const kth = scores.toSorted((a, b) => b - a)[Math.min(topK, scores.length) - 1];
    scores.forEach((score, token) => {
      scores[token] = score < kth ? Number.NEGATIVE_INFINITY : score;
    });
  }
  if (topP < 1) {
    const probabilities = normalize().map(Math.exp);
    const order = scores.map((_, token) => token).sort((a, b) => scores[b] - scores[a] || a - b);
    let above = 0;
    order.forEach((token, rank) => {
      const drops = rank > 0 && above >= topP;
      above += probabilities[token];
      scores[token] = drops ? Number.NEGATIVE_INFINITY : scores[token];
    });
  }
  const least = Math.max(...scores) + Math.log(minP);
  scores.forEach((score, token) => {
    scores[token] = score < least ? Number.NEGATIVE_INFINITY : score;
  });
  return normalize();
}

/** Multiples of 1/1024 or, for many ties, of 1/2: differences are exact, as the definitions above need them to be. */
const anyLogits = fc
  .tuple(
    fc.array(fc.integer({ min: -30 * 1024, max: 30 * 1024 }), { minLength: 1, maxLength: 700 }),
    fc.constantFrom(1, 512),
  )
  .map(([values, grid]) => Float32Array.from(values, (value) => (Math.round(value / grid) * grid) / 1024));
const anyParameters = fc.record({
  temperature: fc.constantFrom(0.2, 0.7, 1, 1.5),
  topK: fc.constantFrom(0, 1, 3, 50, 1000),
  topP: fc.constantFrom(1, 0.951, 0.603, 0.1007),
  minP: fc.constantFrom(0, 0.0501, 0.4003),
  repetitionPenalty: fc.constant(1),
});

test("draws have the distribution of a plain float64 implementation", () => {
  fc.assert(
    fc.property(anyLogits, anyParameters, (logits, parameters) => {
      const logprobs = naive(logits, parameters);
      const entropy = -logprobs.reduce((sum, l) => sum + (l > -Infinity ? Math.exp(l) * l : 0), 0);
      const draws = drawAll(logits, parameters, logprobs.map(Math.exp));
      const wrong = draws.filter(
        (draw, token) =>
          // Narrower shares cannot be met in the middle and draw a neighbour.
          (draw.tokenId !== token && logprobs[token] > Math.log(1e-12)) ||
          !(Math.abs(draw.logprob - logprobs[draw.tokenId]) < 1e-9) ||
          !(Math.abs(draw.entropy - entropy) < 1e-9),
      );
      expect(wrong).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test("the ends of the uniform range draw possible tokens, the first and the last", () => {
  fc.assert(
    fc.property(anyLogits, anyParameters, (values, parameters) => {
      const logits = Float32Array.of(-Infinity, ...values, -Infinity);
      const choose = createTokenChooser(parameters, logits.length);
      const logprobs = naive(logits, parameters);
      const first = choose(logits, 0, [], [], 0).tokenId;
      const last = choose(logits, 0, [], [], largestUniform).tokenId;
      expect(logprobs[first]).toBeGreaterThan(-Infinity);
      expect(logprobs[last]).toBeGreaterThan(-Infinity);
      expect(first).toBeLessThanOrEqual(last);
    }),
  );
});

test("top-k, top-p and min-p find the cut in a vocabulary of 5000", () => {
  const logits = Float32Array.from({ length: 5000 }, (_, i) => 12 * uniform(5, i) ** 3);
  for (const parameters of [
    { ...plain, topP: 0.9 },
    { ...plain, topK: 900, topP: 0.7, temperature: 0.9 },
    { ...plain, topP: 0.99, minP: 0.02 },
  ]) {
    const logprobs = naive(logits, parameters);
    const kept = logprobs.flatMap((logprob, token) => (logprob > -Infinity ? [token] : []));
    const draws = drawAll(
      logits,
      parameters,
      kept.map((token) => Math.exp(logprobs[token])),
    );
    expect(draws.map(({ tokenId }) => tokenId)).toEqual(kept);
  }
});

test("frequencies follow the reported log-probabilities", () => {
  const logits = Float32Array.from({ length: 20 }, (_, i) => 2 * Math.sin(3 * i));
  for (const parameters of [
    { ...plain, temperature: 0.8 },
    { ...plain, topK: 8 },
    { ...plain, topP: 0.8 },
  ]) {
    const choose = createTokenChooser(parameters, logits.length);
    const draws = 20_000;
    const counts = new Map<number, { count: number; probability: number }>();
    for (let position = 0; position < draws; position++) {
      const { tokenId, logprob } = choose(logits, 0, [], [], uniform(17, position));
      const count = (counts.get(tokenId)?.count ?? 0) + 1;
      counts.set(tokenId, { count, probability: Math.exp(logprob) });
    }
    const cells = [...counts.values()];
    expect(cells.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
    const chiSquare = cells.reduce(
      (sum, { count, probability }) => sum + (count - draws * probability) ** 2 / (draws * probability),
      0,
    );
    // 99.9% quantile of chi-square with 19 degrees of freedom, the most there are here.
    expect(chiSquare).toBeLessThan(43.8);
  }
});

test("temperature 0 takes the lowest of the best ids, after the penalty, from its own row", () => {
  const logits = Float32Array.of(9, 9, 9, 9, 1, 3, 3, 2);
  const greedy = { ...plain, temperature: 0, topK: 1 };
  expect(createTokenChooser(greedy, 4)(logits, 1, [], [], 0.99)).toEqual({
    tokenId: 1,
    logprob: 0,
    entropy: 0,
  });
  const penalized = createTokenChooser({ ...greedy, repetitionPenalty: 2 }, 4);
  expect(penalized(logits, 1, [1, 1], [0], 0).tokenId).toBe(2);
  expect(penalized(logits, 1, [1], [2, 2], 0).tokenId).toBe(3);
  expect(penalized(Float32Array.of(-1, -1.5, -3, -9), 0, [0], [], 0).tokenId).toBe(1);
  expect(logits).toEqual(Float32Array.of(9, 9, 9, 9, 1, 3, 3, 2));
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("logits of %d are refused", (value) => {
  for (const parameters of [plain, { ...plain, topP: 0.9 }, { ...plain, minP: 0.5 }]) {
    const choose = createTokenChooser(parameters, 3);
    expect(() => choose(Float32Array.of(1, value, 2), 0, [], [], 0.5)).toThrow(BackendError);
  }
  const greedy = createTokenChooser({ ...plain, temperature: 0 }, 2);
  expect(() => greedy(Float32Array.of(value, value), 0, [], [], 0)).toThrow(BackendError);
});

test.each<[keyof TokenChoiceParameters, number]>([
  ["temperature", -1],
  ["temperature", Number.NaN],
  ["topK", 1.5],
  ["topK", -1],
  ["topP", 1.01],
  ["minP", -0.1],
  ["repetitionPenalty", 0],
])("sampling.%s of %d is refused", (name, value) => {
  const create = () => createTokenChooser({ ...plain, [name]: value }, 4);
  expect(create).toThrow(ConfigError);
  expect(create).toThrow(`sampling.${name} is ${value}`);
});
