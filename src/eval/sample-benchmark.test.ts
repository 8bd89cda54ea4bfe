import { expect, test } from "vitest";
import { createTabularPolicy } from "../../test/support/tabular-policy.ts";
import { unfiltered } from "../../test/support/unfiltered.ts";
import { weighDemonstrations } from "../algorithms/sft.ts";
import type { BenchmarkProblem } from "../tasks/benchmark/benchmark-problem.ts";
import type { FinishedProblem } from "./finished-problem.ts";
import { type SampleBenchmarkOptions, sampleBenchmark } from "./sample-benchmark.ts";

const problems = Array.from({ length: 9 }, (_, index): BenchmarkProblem => {
  const question = `${index}+${index}=`;
  return {
    id: `sums/${index}`,
    key: (index * 1_234_567).toString(16).padStart(16, "0"),
    question,
    answers: [String(2 * index)],
    upstreamGold: [String(2 * index)],
    isSolved: false,
    tolerance: null,
  };
});

function setUp(chosen = problems): SampleBenchmarkOptions & { told: FinishedProblem[] } {
  const { codec, sampler } = createTabularPolicy();
  const told: FinishedProblem[] = [];
  return {
    sampler,
    codec,
    prompts: chosen.map((problem) => ({ problem, tokenIds: codec.encodePrompt(problem.question) })),
    sampling: { ...unfiltered, maxTokens: 4 },
    samples: 3,
    upstreamReads: "expression",
    seed: 5,
    onProblem: (problem) => told.push(problem),
    told,
  };
}

const byId = (told: readonly FinishedProblem[]) => Object.fromEntries(told.map((one) => [one.id, one]));

test("every problem is told once, with all its completions, judged", async () => {
  const options = setUp();
  const drawn: number[] = [];
  await sampleBenchmark({
    ...options,
    completionsAtOnce: 8,
    onCallEnd: ({ completions }) => drawn.push(completions),
  });
  expect(options.told.map(({ id }) => id).sort()).toEqual(problems.map(({ id }) => id));
  expect(options.told.every(({ completions }) => completions.length === 3)).toBe(true);
  expect(drawn).toEqual([6, 6, 6, 6, 3]);
  const { verdict, tokens, finishReason } = options.told[0]!.completions[0]!;
  expect(["right", "wrong"]).toContain(verdict);
  expect(finishReason === "length" ? tokens === 4 : tokens <= 4).toBe(true);
});

test("who knows the sums by heart is right by both graders, and who knows others is wrong", async () => {
  const { codec, sampler, learner } = createTabularPolicy();
  const known = problems.slice(0, 5);
  const demonstrations = problems.map(({ question, answers }, index) => ({
    promptTokenIds: codec.encodePrompt(question),
    tokenIds: codec.encodeCompletion(index < known.length ? answers[0]! : "99"),
  }));
  await learner.forwardBackward(weighDemonstrations(demonstrations));
  await learner.optimStep({ learningRate: 1000 });
  const options = setUp();
  await sampleBenchmark({
    ...options,
    codec,
    sampler,
    sampling: { ...options.sampling, temperature: 0 },
  });
  const told = byId(options.told);
  for (const [index, { id, answers }] of problems.entries()) {
    const right = index < known.length;
    const verdict = right ? "right" : "wrong";
    for (const completion of told[id]!.completions) {
      expect(completion).toMatchObject({ verdict, upstreamVerdict: verdict, finishReason: "stop" });
      expect(completion.extracted).toBe(right ? answers[0] : "99");
    }
  }
});

test("a problem's completions depend on the seed alone, not on what is asked beside it", async () => {
  const whole = setUp();
  await sampleBenchmark(whole);
  const rest = setUp(problems.slice(4).reverse());
  await sampleBenchmark({ ...rest, completionsAtOnce: 1 });
  expect(byId(whole.told)).toMatchObject(byId(rest.told));
  const parted = setUp(problems.slice(4));
  await sampleBenchmark({ ...parted, completionsPerRequest: 2 });
  expect(parted.told.every(({ completions }) => completions.length === 3)).toBe(true);
  const other = setUp();
  await sampleBenchmark({ ...other, seed: 6 });
  expect(byId(other.told)).not.toEqual(byId(whole.told));
});

test("what cannot be recorded ends the sampling with its own error", async () => {
  const options = setUp();
  let calls = 0;
  const failing = () => {
    calls += 1;
    throw new Error("the disk is full");
  };
  await expect(sampleBenchmark({ ...options, onProblem: failing })).rejects.toThrow("the disk is full");
  expect(calls).toBe(1);
});
