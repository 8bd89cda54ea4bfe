import { z } from "zod";
import { codePointCount } from "../python-text.ts";
import type { RewardContext } from "./reward.ts";

/** How the length of a completion is measured: `characters` are Unicode code points, as upstream counts. */
export const lengthUnit = z.enum(["characters", "tokens"]).default("characters");

export function completionLength(
  { completion, completionTokens }: RewardContext,
  unit: z.output<typeof lengthUnit>,
): number {
  return unit === "tokens" ? completionTokens : codePointCount(completion);
}
