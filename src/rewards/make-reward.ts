import type { AnyReward } from "./reward.ts";
import type { RewardSource } from "./reward-source.ts";

/**
 * Loads no more than the reward needs: a worker that died is waited for. Throws ConfigError for a name, a parameter or a file
 * that cannot be used.
 */
export async function makeReward(source: RewardSource): Promise<AnyReward> {
  if (source.kind === "file") {
    const { loadOwnReward } = await import("./own/load-own-reward.ts");
    return loadOwnReward(source);
  }
  const { createReward } = await import("./registry.ts");
  return createReward(source.name, source.parameters);
}
