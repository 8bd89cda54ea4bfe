import { loadOwnReward } from "./own/load-own-reward.ts";
import { createReward } from "./registry.ts";
import type { AnyReward } from "./reward.ts";
import type { RewardSource } from "./reward-source.ts";

/** Throws ConfigError for a name, a parameter or a file that cannot be used. */
export async function makeReward(source: RewardSource): Promise<AnyReward> {
  return source.kind === "file" ? loadOwnReward(source) : createReward(source.name, source.parameters);
}
