import { describe, expect, it } from "vitest";
import { ConfigError } from "../errors.ts";
import { createReward, rewardNames } from "./registry.ts";

describe("reward registry", () => {
  it("creates each reward under its own name", () => {
    for (const name of rewardNames) {
      expect(createReward(name)).toMatchObject({ name, highest: 1 });
    }
  });

  it("names what is known when a reward or parameter is not", () => {
    expect(() => createReward("acuracy")).toThrow(
      new ConfigError('unknown reward "acuracy"; did you mean "accuracy"? (known: accuracy, format)'),
    );
    expect(() => createReward("format", { strict: true })).toThrow(
      new ConfigError('reward format: unknown parameter "strict"; remove it'),
    );
  });
});
