import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { evaluationScorerNames } from "./evaluation/registry.ts";
import { rewardNames, rewardParameters } from "./registry.ts";

const reference = readFileSync("docs/rewards.md", "utf8");

/** The rows of each heading's table: key to the text of its default. */
const documented = new Map(
  reference.split(/^#+ /m).map((section) => {
    const rows = [...section.matchAll(/^\| `(\w+)` +\| (.+?) +\| /gm)];
    return [section.slice(0, section.indexOf("\n")), new Map(rows.map((row) => [row[1]!, row[2]!]))];
  }),
);

test.each(rewardNames)("docs/rewards.md has reward %s with every parameter, and its default", (name) => {
  const rows = documented.get(name);
  const { properties } = z.toJSONSchema(rewardParameters(name), { io: "input" });
  expect([...(rows?.keys() ?? [])].sort()).toEqual(Object.keys(properties!).sort());
  for (const [key, schema] of Object.entries(properties!)) {
    const value = (schema as { default?: unknown }).default;
    const shown = rows!.get(key)!;
    if (shown === "_none_") {
      expect(value, key).toBeUndefined();
    } else {
      expect(JSON.parse(shown.slice(1, -1)), key).toEqual(value);
    }
  }
});

test("docs/rewards.md has every evaluation scorer", () => {
  expect([...documented.get("Evaluation scorers")!.keys()].sort()).toEqual([...evaluationScorerNames].sort());
});
