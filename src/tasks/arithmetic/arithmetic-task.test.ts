import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../errors.ts";
import { parseParameters } from "../../parse-parameters.ts";
import type { Problem } from "../../pipeline.ts";
import { checkTask } from "../check-task.ts";
import type { ProblemSet } from "../task.ts";
import { arithmeticAlphabet } from "./alphabet.ts";
import { createArithmeticTask } from "./arithmetic-task.ts";
import { arithmeticParameters } from "./parameters.ts";

function create(parameters: object = {}, seed = 0) {
  return createArithmeticTask(parseParameters(arithmeticParameters, parameters, "task arithmetic"), seed);
}

function problems(set: ProblemSet, count = set.size): Problem[] {
  return Array.from({ length: count }, (_, index) => set.at(index));
}

/** Left to right, as the prompt is read. */
function evaluate(expression: string): number {
  return Array.from(expression.matchAll(/[+-]?\d+/g), ([term]) => Number(term)).reduce((a, b) => a + b, 0);
}

/** Tags are one token each, everything else one a character. */
function tokens(text: string): string[] {
  return text.match(/<\/?\w+>|./g) ?? [];
}

const someParameters = fc.record({
  levels: fc.array(fc.integer({ min: 2, max: 8 }), { minLength: 1, maxLength: 4 }),
  digits: fc.integer({ min: 1, max: 3 }),
  workedShare: fc.constantFrom(0, 0.3, 1),
  trainSize: fc.constant(1_000),
  heldOutSize: fc.constant(40),
});

describe("arithmetic", () => {
  it("asks for the value of a chain of the index's level and shows each partial result", () => {
    fc.assert(
      fc.property(someParameters, fc.integer(), fc.nat({ max: 39 }), (parameters, seed, index) => {
        const task = create({ ...parameters, workedShare: 1 }, seed);
        for (const problem of [task.train.at(index), task.heldOut.at(index)]) {
          const expression = String(problem.prompt).slice(0, -1);
          const level = parameters.levels[index % parameters.levels.length];
          expect(problem.prompt).toBe(`${expression}=`);
          expect(expression.match(/[+-]/g)).toHaveLength(level!);
          expect(problem.columns).toEqual({ level, expression });
          expect(problem.answer).toBe(String(evaluate(expression)));
          const [, work, answer] = /^<think>(.*)<\/think><answer>(.*)<\/answer>$/.exec(
            problem.demonstration!,
          )!;
          expect(answer).toBe(problem.answer);
          expect(work!.replaceAll(/=\d+/g, "")).toBe(expression);
          const partials = Array.from(work!.matchAll(/=(\d+)/g), (match) => Number(match[1]));
          const prefixes = Array.from(work!.matchAll(/=\d+/g), ({ index: end }) =>
            work!.slice(0, end).replaceAll(/=\d+/g, ""),
          );
          expect(partials).toEqual(prefixes.map(evaluate));
          expect(partials.at(-1)).toBe(Number(answer));
          expect(Math.min(...partials)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it("has each problem as a function of seed, split and index alone", () => {
    const task = create({}, 5);
    const again = create({ trainSize: 500, heldOutSize: 50 }, 5);
    expect(again.train.at(321)).toEqual(task.train.at(321));
    expect(problems(again.heldOut)).toEqual(problems(task.heldOut, 50));
    expect(create({}, 6).train.at(321).prompt).not.toBe(task.train.at(321).prompt);
  });

  it("never trains on a held-out problem of any seed, nor holds one out twice", () => {
    const parameters = { levels: [1, 2, 3], trainSize: 3_000, heldOutSize: 30 };
    const prompts = (set: ProblemSet) => problems(set).map(({ prompt }) => prompt);
    const trained = new Set([1, 2].flatMap((seed) => prompts(create(parameters, seed).train)));
    for (const seed of [1, 2, 3]) {
      const heldOut = prompts(create(parameters, seed).heldOut);
      expect(new Set(heldOut).size).toBe(30);
      expect(heldOut.filter((prompt) => trained.has(prompt))).toEqual([]);
    }
  });

  it("gives every level an equal share", () => {
    const levels = problems(create({ levels: [2, 4], heldOutSize: 100 }).heldOut).map(
      ({ columns }) => columns.level,
    );
    expect(levels.filter((level) => level === 4)).toHaveLength(50);
  });

  it("guesses where it shows no work, if asked to, and still knows the right answer", async () => {
    const task = create({ workedShare: 0.3, unworkedAnswers: "guessed", highestTotal: 9 });
    const unworked = problems(task.train, 2_000).filter(({ demonstration }) =>
      demonstration?.startsWith("<think></think>"),
    );
    const right = unworked.filter(({ demonstration, answer }) =>
      demonstration?.includes(`<answer>${answer}<`),
    );
    expect(unworked.length).toBeGreaterThan(1_300);
    expect(right.length / unworked.length).toBeGreaterThan(0.05);
    expect(right.length / unworked.length).toBeLessThan(0.15);
    expect(await checkTask(task, 100)).toEqual([]);
  });

  it("shows the work in about the share of demonstrations that was asked for", () => {
    const worked = problems(create({ workedShare: 0.3 }).train, 2_000).filter(
      ({ demonstration }) => !demonstration!.startsWith("<think></think>"),
    );
    expect(worked.length).toBeGreaterThan(520);
    expect(worked.length).toBeLessThan(680);
  });

  it("demonstrates the levels that were asked for and no others", () => {
    const set = create({ levels: [2, 3], demonstratedLevels: [2] }).train;
    expect(set.at(0).demonstration).toBeDefined();
    expect(set.at(1)).not.toHaveProperty("demonstration");
  });

  it("is short and stays within its alphabet", () => {
    const { characters, tags } = arithmeticAlphabet;
    for (const problem of problems(create({ levels: [3, 4, 5, 6] }).train, 500)) {
      const completion = tokens(problem.demonstration!);
      expect(completion.length).toBeLessThanOrEqual(40);
      for (const token of [...completion, ...tokens(String(problem.prompt))]) {
        expect(characters.includes(token) || tags.some((tag) => tag === token)).toBe(true);
      }
    }
  });

  it("earns its own full reward", async () => {
    await fc.assert(
      fc.asyncProperty(someParameters, fc.integer(), async (parameters, seed) => {
        expect(await checkTask(create({ ...parameters, demonstratedLevels: [3] }, seed), 20)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it("says that a level has too few expressions", () => {
    expect(() => create({ levels: [1], heldOutSize: 100 })).toThrow(
      new ConfigError(
        'task arithmetic: "heldOutSize" 100 asks for more distinct problems of level 1 with "digits" 1 than there ' +
          'are; lower it, raise "digits" or leave out level 1',
      ),
    );
  });
});
