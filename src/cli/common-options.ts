import { type Command, InvalidArgumentError, Option } from "commander";
import { largestSeed } from "../random.ts";

/** What every command understands. */
export interface CommonOptions {
  json?: true;
  debug?: true;
}

export function addCommonOptions(command: Command): Command {
  return command
    .option("--json", "print one JSON object a line and nothing else")
    .addOption(new Option("--debug", "print the stack trace of an error"));
}

/** What `--base` means to the commands that take an adapter. */
export const baseOption = "base model of an adapter, instead of the one that adapter_config.json names";

/** An option's value as a whole number of at least `minimum`. */
export function wholeNumber(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < minimum) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${minimum}.`);
    }
    return value;
  };
}

/** An option's value as a seed. */
export function seed(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > largestSeed) {
    throw new InvalidArgumentError(`Expected a whole number from 0 to ${largestSeed}.`);
  }
  return value;
}

/** An option's value as a number from `minimum` to `maximum`. */
export function numberBetween(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!(value >= minimum && value <= maximum)) {
      const range =
        maximum === Number.POSITIVE_INFINITY ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
      throw new InvalidArgumentError(`Expected a number ${range}.`);
    }
    return value;
  };
}

/** Collects an option that may be given several times. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}
