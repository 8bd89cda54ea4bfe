import { z } from "zod";
import { lookUp } from "../look-up.ts";
import { parseParameters } from "../parse-parameters.ts";
import { createAccuracyReward } from "./accuracy.ts";
import { createFormatReward } from "./format.ts";
import type { Reward } from "./reward.ts";

type Factory = (parameters: unknown) => Reward;

/** A reward's schema and factory as one function of unchecked parameters. */
function define<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  create: (parameters: z.output<Schema>) => Reward,
): Record<string, Factory> {
  return { [name]: (parameters) => create(parseParameters(schema, parameters, `reward ${name}`)) };
}

const factories: Readonly<Record<string, Factory>> = {
  ...define("accuracy", z.strictObject({}), createAccuracyReward),
  ...define("format", z.strictObject({}), createFormatReward),
};

export const rewardNames: readonly string[] = Object.keys(factories);

/** Throws ConfigError for an unknown name or parameter, with the known and the nearest. */
export function createReward(name: string, parameters: unknown = {}): Reward {
  return lookUp("reward", name, factories)(parameters);
}
