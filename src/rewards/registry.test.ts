import { describe, expect, it } from "vitest";
import { ConfigError } from "../errors.ts";
import { createReward, rewardNames } from "./registry.ts";

describe("reward registry", () => {
  it("creates each reward under its own name", () => {
    for (const name of rewardNames) {
      expect(createReward(name)).toMatchObject({ name, highest: expect.any(Number) });
      expect(createReward(name, { compat: "upstream" })).toMatchObject({ name });
    }
  });

  it("names what is known when a reward or parameter is not", () => {
    expect(() => createReward("acuracy")).toThrow(
      /^unknown reward "acuracy"; did you mean "accuracy"\? \(known: accuracy, accuracy_lv35, .*\)$/,
    );
    expect(() => createReward("format", { strict: true })).toThrow(
      new ConfigError('reward format: unknown parameter "strict"; known: compat, project, thinkInPrompt'),
    );
  });
});
