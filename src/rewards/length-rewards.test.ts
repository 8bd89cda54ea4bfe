import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contextOf, earned, judged } from "../../test/support/reward-context.ts";

const boxed = (length: number): string => "\\boxed{4}".padEnd(length, "x");

async function lengths(completions: readonly string[], parameters: object = {}, answer = "4") {
  const scores = await judged(
    "length",
    parameters,
    completions.map((completion) => contextOf(answer, completion, completion.length)),
  );
  return scores.map((score) => (score.kind === "value" ? score.value : score.kind));
}

describe("length", () => {
  it("pays right answers from 1/2 down to -1/2, and wrong ones never above 0", async () => {
    const wrong = "\\boxed{5}";
    expect(
      await lengths([boxed(10), boxed(20), boxed(15), wrong.padEnd(10, "x"), wrong.padEnd(20, "x")]),
    ).toEqual([0.5, -0.5, 0, 0, -0.5]);
    expect(await lengths([boxed(10), wrong.padEnd(10, "x")])).toEqual([0, 0]);
    expect(await lengths([boxed(10)])).toEqual([0]);
  });

  it("counts code points, or tokens", async () => {
    expect(await lengths([`${boxed(10)}😀`, boxed(12)])).toEqual([0.5, -0.5]);
    expect(await lengths([`${boxed(10)}😀`, boxed(12)], { unit: "tokens" })).toEqual([0, 0]);
  });

  it("does not score against an unusable reference answer, which upstream takes for right", async () => {
    expect(await lengths([boxed(10), boxed(12)], {}, "?")).toEqual(["unscorable", "unscorable"]);
  });

  it("keeps shorter right answers above longer ones", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(200), { minLength: 2, maxLength: 8 }), async (sizes) => {
        const paid = (await lengths(sizes.map((size) => boxed(10 + size)))) as number[];
        for (const [a, size] of sizes.entries()) {
          for (const [b, other] of sizes.entries()) {
            expect(paid[a]! > paid[b]!).toBe(size < other);
          }
        }
      }),
    );
  });
});

describe("cosine", () => {
  const pays = (completion: string, parameters: object, tokens?: number, answer = "4") =>
    earned("cosine", { maxLength: 100, ...parameters }, answer, completion, tokens);

  it("falls for right and rises for wrong answers along half a cosine, and stays there", async () => {
    expect(await pays(boxed(50), {})).toBeCloseTo(0.75, 12);
    expect(await pays(boxed(100), {})).toBeCloseTo(0.5, 12);
    expect(await pays(boxed(200), {})).toBeCloseTo(0.5, 12);
    expect(await pays("".padEnd(50), {})).toBeCloseTo(-0.75, 12);
    expect(await pays("".padEnd(300), {})).toBeCloseTo(-0.5, 12);
    expect(await pays(boxed(90), { unit: "tokens" }, 0)).toBe(1);
    expect(await pays(boxed(50), { maxValueCorrect: 3, minValueCorrect: 1 })).toBeCloseTo(2, 12);
  });

  it("goes on upstream: at twice the length all is as at none", async () => {
    expect(await pays("".padEnd(200), { compat: "upstream" }, 1, "$4$")).toBeCloseTo(-1, 12);
    // Upstream cannot read a number that is not LaTeX.
    expect(await pays("".padEnd(200), { compat: "upstream" })).toBe(1);
  });

  it("does not score against an unusable reference answer", async () => {
    expect(await pays(boxed(50), {}, 1, "")).toBe("unscorable");
  });
});

describe("soft_overlong", () => {
  const pays = (tokens: number, parameters: object = { maxLength: 100, softLength: 20 }) =>
    earned("soft_overlong", parameters, "", "", tokens);

  it("falls from 0 to -1 over the last tokens", async () => {
    expect(await Promise.all([0, 80, 81, 90, 100, 101].map((tokens) => pays(tokens)))).toEqual([
      0, 0, -0.05, -0.5, -1, -1,
    ]);
    expect(await pays(5, { maxLength: 5, softLength: 0 })).toBe(0);
  });
});

describe("repetition_penalty", () => {
  const pays = (completion: string, ngramSize: number, maxPenalty = -1) =>
    earned("repetition_penalty", { ngramSize, maxPenalty }, "", completion);

  it("is the share of n-grams that stood before", async () => {
    expect(await pays("a b a b", 1)).toBe(-0.5);
    expect(await pays("a B A b a", 2, -2)).toBe(-1);
    expect(await pays("a b", 3)).toBe(0);
    expect(await pays("", 1)).toBe(0);
  });

  it("counts as many different n-grams as a list of them does", async () => {
    const words = fc.array(fc.constantFrom("a", "b", "B", "c"), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(words, fc.integer({ min: 1, max: 9 }), async (list, size) => {
        const grams = list.slice(0, Math.max(0, list.length - size + 1)).map((_, start) =>
          list
            .slice(start, start + size)
            .join(" ")
            .toLowerCase(),
        );
        const expected = grams.length === 0 ? 0 : -(1 - new Set(grams).size / grams.length);
        expect(await pays(list.join(" \n"), size)).toBeCloseTo(expected, 12);
      }),
    );
  });
});

describe("token_count", () => {
  it("pays by the token, up to a limit that upstream does not have", async () => {
    expect(await earned("token_count", {}, "", "x", 500)).toBeCloseTo(0.5, 12);
    expect(await earned("token_count", {}, "", "x", 5_000)).toBeCloseTo(1, 12);
    expect(await earned("token_count", { compat: "upstream" }, "", "x", 5_000)).toBeCloseTo(5, 12);
  });
});
