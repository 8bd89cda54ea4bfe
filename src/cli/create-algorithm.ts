import { type Algorithm, type Imitation, imitation } from "../algorithms/algorithm.ts";
import { createDapo } from "../algorithms/dapo.ts";
import { createDrGrpo } from "../algorithms/dr-grpo.ts";
import { createGpg } from "../algorithms/gpg.ts";
import { createGrpo } from "../algorithms/grpo.ts";
import { createReinforcePlusPlus } from "../algorithms/reinforce-plus-plus.ts";
import { createRloo } from "../algorithms/rloo.ts";
import { ConfigError } from "../errors.ts";
import type { AlgorithmSection } from "./algorithm-section.ts";

export interface AlgorithmContext {
  /** The combined reward of a perfect completion. */
  highestReward: number;
  /** Completion tokens: what sums are divided by where no `aggregationConstant` is given, as in TRL. */
  maxTokens: number;
}

/** The algorithm that a recipe asks for. Throws a `ConfigError` for settings that no run could use. */
export function createAlgorithm(
  section: AlgorithmSection,
  { highestReward, maxTokens }: AlgorithmContext,
): Algorithm | Imitation {
  if (section.name === "sft") {
    return imitation;
  }
  const constant =
    section.aggregation === "constant"
      ? { aggregationConstant: section.aggregationConstant ?? maxTokens }
      : {};
  switch (section.name) {
    case "gpg": {
      const { name: _, preset: __, ...settings } = section;
      return createGpg({ ...settings, ...constant, highestReward });
    }
    case "grpo":
      return createGrpo({ ...section, ...constant, highestReward });
    case "dr-grpo":
      return createDrGrpo({ ...section, ...constant, highestReward });
    case "dapo":
      return createDapo({ ...section, ...constant, highestReward });
    case "rloo":
      return createRloo({ ...section, ...constant, highestReward });
    case "reinforce++":
      return createReinforcePlusPlus({ ...section, ...constant, highestReward });
  }
}

/** What no run could use of a section's settings, which fit one by one; null where they fit together. */
export function algorithmProblem(section: AlgorithmSection, maxTokens: number): string | null {
  try {
    createAlgorithm(section, { highestReward: 1, maxTokens });
    return null;
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.message;
    }
    throw error;
  }
}
