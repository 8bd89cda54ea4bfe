import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { modelGradedParameters } from "./parameters.ts";

test("docs/rewards.md has every parameter of model_graded, and its default", () => {
  const section = readFileSync("docs/rewards.md", "utf8")
    .split(/^## /m)
    .find((text) => text.startsWith("Model-graded"));
  const rows = new Map(
    [...section!.matchAll(/^\| `(\w+)` +\| (.+?) +\| /gm)].map(([, key, value]) => [key, value]),
  );
  const { properties, required } = z.toJSONSchema(modelGradedParameters, {
    io: "input",
  }) as z.core.JSONSchema.ObjectSchema;
  expect([...rows.keys()]).toEqual(Object.keys(properties!));
  for (const [key, schema] of Object.entries(properties!)) {
    const value = (schema as { default?: unknown }).default;
    const shown =
      value === undefined
        ? required!.includes(key)
          ? "_required_"
          : "_none_"
        : `\`${JSON.stringify(value)}\``;
    expect(rows.get(key), key).toBe(shown);
  }
});
