import type { RandomStream } from "../../random.ts";
import { hashSeed } from "../../random.ts";

/** A chain of additions and subtractions that never falls below zero. */
export interface Expression {
  /** For example `7+8-5`. */
  text: string;
  /** The same with each partial result, as a pocket calculator shows it: `7+8=15-5=10`. */
  work: string;
  value: number;
}

export interface ExpressionLimits {
  /** Numbers run from 1 to the largest of this many digits. */
  digits: number;
  /** No partial result is above this. */
  highestTotal: number;
}

/** `operations` additions and subtractions whose partial results stay between 0 and the highest total. */
export function drawExpression(
  random: RandomStream,
  operations: number,
  { digits, highestTotal }: ExpressionLimits,
): Expression {
  const largest = Math.min(10 ** digits - 1, highestTotal);
  const draw = (): number => 1 + random.integer(largest);
  let value = draw();
  let text = String(value);
  let work = text;
  for (let operation = 0; operation < operations; operation++) {
    let operand = draw();
    while (value + operand > highestTotal && operand > value) {
      operand = draw();
    }
    const canAdd = value + operand <= highestTotal;
    const subtract = operand <= value && (!canAdd || random.next() < 0.5);
    value += subtract ? -operand : operand;
    const step = `${subtract ? "-" : "+"}${operand}`;
    text += step;
    work += `${step}=${value}`;
  }
  return { text, work, value };
}

/** One expression in ten is never trained on. It depends on the text alone, so that every seed holds out the same ones. */
export function isHeldOut(text: string): boolean {
  return hashSeed(...Array.from(text, (character) => character.charCodeAt(0))) % 10 === 0;
}
