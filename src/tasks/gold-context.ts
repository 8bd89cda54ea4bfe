import type { Problem } from "../pipeline.ts";
import type { RewardContext } from "../rewards/reward.ts";
import { goldCompletion } from "./completion.ts";

/** A problem's gold completion as rewards see it. */
export function goldContext(problem: Problem): RewardContext {
  return { problem, completion: goldCompletion(problem), completionTokens: 0, finishReason: "stop" };
}
