import { describe, expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import { createSchedule, type ScheduleOptions, scheduleNames } from "./schedules.ts";

const learningRate = 1e-3;

/** Learning rates of all steps and two more, from transformers 5.17 `get_scheduler`. */
const frozen: { options: ScheduleOptions; totalSteps: number; expected: number[] }[] = [
  {
    options: { name: "constant", learningRate },
    totalSteps: 3,
    expected: [0.001, 0.001, 0.001, 0.001, 0.001],
  },
  {
    options: { name: "constant_with_warmup", learningRate, warmupSteps: 3 },
    totalSteps: 5,
    expected: [0, 0.0003333333333333333, 0.0006666666666666666, 0.001, 0.001, 0.001, 0.001],
  },
  {
    options: { name: "linear", learningRate },
    totalSteps: 5,
    expected: [0.001, 0.0008, 0.0006, 0.0004, 0.0002, 0, 0],
  },
  {
    options: { name: "linear", learningRate, warmupSteps: 2 },
    totalSteps: 7,
    expected: [0, 0.0005, 0.001, 0.0008, 0.0006, 0.0004, 0.0002, 0, 0],
  },
  {
    options: { name: "cosine", learningRate, warmupSteps: 3 },
    totalSteps: 8,
    expected: [
      0, 0.0003333333333333333, 0.0006666666666666666, 0.001, 0.0009045084971874737, 0.0006545084971874737,
      0.00034549150281252633, 9.549150281252633e-5, 0, 9.549150281252622e-5,
    ],
  },
  {
    options: { name: "cosine_with_min_lr", learningRate, warmupSteps: 2, minLearningRate: 1e-4 },
    totalSteps: 7,
    expected: [
      0, 0.0005, 0.001, 0.0009140576474687263, 0.0006890576474687264, 0.0004109423525312738,
      0.00018594235253127373, 0.0001, 0.00018594235253127363,
    ],
  },
  {
    options: { name: "cosine_with_min_lr", learningRate, minLearningRateRatio: 0.25 },
    totalSteps: 4,
    expected: [
      0.001, 0.0008901650429449553, 0.000625, 0.0003598349570550447, 0.00025, 0.00035983495705504466,
    ],
  },
];

describe.each(frozen)("$options", ({ options, totalSteps, expected }) => {
  test("gives the learning rates of transformers", () => {
    const schedule = createSchedule(options, totalSteps);
    expected.forEach((value, index) => {
      expect(Math.abs(schedule(index + 1) - value)).toBeLessThanOrEqual(1e-12 * learningRate);
    });
  });
});

test("a warmup ratio is a share of all steps, rounded up", () => {
  const byRatio = createSchedule({ name: "linear", learningRate, warmupRatio: 0.21 }, 10);
  const bySteps = createSchedule({ name: "linear", learningRate, warmupSteps: 3 }, 10);
  for (let step = 1; step <= 10; step++) {
    expect(byRatio(step)).toBe(bySteps(step));
  }
});

test("a warmup longer than the run and a run without steps are no division by zero", () => {
  const long = createSchedule({ name: "cosine", learningRate, warmupSteps: 9 }, 3);
  expect([long(1), long(3), long(10)]).toEqual([0, (learningRate * 2) / 9, learningRate]);
  const linear = createSchedule({ name: "linear", learningRate, warmupSteps: 3 }, 3);
  expect([linear(3), linear(4)]).toEqual([(learningRate * 2) / 3, 0]);
  expect(createSchedule({ name: "linear", learningRate }, 0)(1)).toBe(0);
});

test("every name has a schedule", () => {
  for (const name of scheduleNames) {
    const minimum = name === "cosine_with_min_lr" ? { minLearningRateRatio: 0 } : {};
    expect(createSchedule({ name, learningRate, ...minimum }, 4)(1)).toBe(learningRate);
  }
});

test.each<[string, ScheduleOptions, number]>([
  ["does not exist", { name: "polynomial" as "linear", learningRate }, 5],
  ["whole number of steps", { name: "linear", learningRate }, 2.5],
  ["learningRate above 0", { name: "linear", learningRate: 0 }, 5],
  ["not both", { name: "linear", learningRate, warmupSteps: 1, warmupRatio: 0.1 }, 5],
  ["warmupSteps", { name: "linear", learningRate, warmupSteps: -1 }, 5],
  ["warmupRatio from 0 to 1", { name: "linear", learningRate, warmupRatio: 5 }, 5],
  ["constant_with_warmup", { name: "constant", learningRate, warmupSteps: 1 }, 5],
  ["exactly one", { name: "cosine_with_min_lr", learningRate }, 5],
  [
    "exactly one",
    { name: "cosine_with_min_lr", learningRate, minLearningRate: 0, minLearningRateRatio: 0 },
    5,
  ],
  ["cosine_with_min_lr", { name: "cosine", learningRate, minLearningRate: 1e-5 }, 5],
  ["minimum from 0 to", { name: "cosine_with_min_lr", learningRate, minLearningRate: 1 }, 5],
])("refused: %s", (message, options, totalSteps) => {
  expect(() => createSchedule(options, totalSteps)).toThrow(ConfigError);
  expect(() => createSchedule(options, totalSteps)).toThrow(message);
});
