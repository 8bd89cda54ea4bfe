import { ConfigError, internalError } from "../../errors.ts";
import type { Problem } from "../../pipeline.ts";
import { createRandom, type RandomStream } from "../../random.ts";
import { guessedColumn, taggedCompletion } from "../completion.ts";
import type { ProblemSet, Task } from "../task.ts";
import { createTaskRewards } from "../task-rewards.ts";
import { drawExpression, type Expression, isHeldOut } from "./expression.ts";
import type { ArithmeticParameters } from "./parameters.ts";

type Split = "train" | "held-out";

const streams: Readonly<Record<Split, number>> = { train: 1, "held-out": 2 };

/** Draws for a held-out problem that is not there yet before its level counts as exhausted. */
const maximumDraws = 10_000;

/**
 * Generated arithmetic of graded difficulty for a model trained from nothing, character by character. The prompt
 * `7+8-5=` asks for `<think>7+8=15-5=10</think><answer>10</answer>`.
 *
 * A problem is a function of seed, split and index. No held-out expression is ever trained on or held out twice. Throws
 * ConfigError where a level has too few expressions for that.
 */
export function createArithmeticTask(parameters: ArithmeticParameters, seed: number): Task {
  return {
    name: "arithmetic",
    train: trainSet(parameters, seed),
    heldOut: heldOutSet(parameters, seed),
    rewards: createTaskRewards(parameters.rewards),
    stop: [],
  };
}

function levelOf({ levels }: ArithmeticParameters, index: number): number {
  return levels[index % levels.length]!;
}

function trainSet(parameters: ArithmeticParameters, seed: number): ProblemSet {
  const size = parameters.trainSize;
  return {
    size,
    at(index) {
      checkIndex(index, size);
      const random = createRandom(seed, streams.train, index);
      let expression: Expression;
      do {
        expression = drawExpression(random, levelOf(parameters, index), parameters);
      } while (isHeldOut(expression.text));
      return toProblem(parameters, "train", index, expression, random);
    },
  };
}

function heldOutSet(parameters: ArithmeticParameters, seed: number): ProblemSet {
  const size = parameters.heldOutSize;
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (let index = 0; index < size; index++) {
    const random = createRandom(seed, streams["held-out"], index);
    const expression = drawUnseen(parameters, index, random, seen);
    seen.add(expression.text);
    problems.push(toProblem(parameters, "held-out", index, expression, random));
  }
  return {
    size,
    at(index) {
      checkIndex(index, size);
      return problems[index]!;
    },
  };
}

function drawUnseen(
  parameters: ArithmeticParameters,
  index: number,
  random: RandomStream,
  seen: ReadonlySet<string>,
): Expression {
  const level = levelOf(parameters, index);
  for (let draw = 0; draw < maximumDraws; draw++) {
    const expression = drawExpression(random, level, parameters);
    if (isHeldOut(expression.text) && !seen.has(expression.text)) {
      return expression;
    }
  }
  throw new ConfigError(
    `task arithmetic: "heldOutSize" ${parameters.heldOutSize} asks for more distinct problems of level ${level} ` +
      `with "digits" ${parameters.digits} than there are; lower it, raise "digits" or leave out level ${level}`,
  );
}

function toProblem(
  parameters: ArithmeticParameters,
  split: Split,
  index: number,
  { text, work, value }: Expression,
  random: RandomStream,
): Problem {
  const level = levelOf(parameters, index);
  const answer = String(value);
  const worked = random.next() < parameters.workedShare;
  const guessed = !worked && parameters.unworkedAnswers === "guessed";
  const given = guessed ? String(random.integer(10 ** answer.length)) : answer;
  const demonstrated = parameters.demonstratedLevels?.includes(level) ?? true;
  return {
    id: `arithmetic/${split}/${index}`,
    prompt: `${text}=`,
    answer,
    ...(demonstrated && { demonstration: taggedCompletion(worked ? work : "", given) }),
    columns: { level, expression: text, ...(guessed && { [guessedColumn]: true }) },
  };
}

function checkIndex(index: number, size: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= size) {
    throw internalError(`problem ${index} of ${size}`);
  }
}
