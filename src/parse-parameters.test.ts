import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigError } from "./errors.ts";
import { lookUp } from "./look-up.ts";
import { parseParameters } from "./parse-parameters.ts";

const schema = z.strictObject({
  levels: z.array(z.int().max(8)).default([1]),
  trainSize: z.int().optional(),
});

describe("parseParameters", () => {
  it("fills in defaults", () => {
    expect(parseParameters(schema, {}, "task x")).toEqual({ levels: [1] });
  });

  it.each([
    [{ level: [1] }, 'task x: unknown parameter "level"; did you mean "levels"? (known: levels, trainSize)'],
    [{ colour: 1 }, 'task x: unknown parameter "colour"; known: levels, trainSize'],
    [{ levels: [1, 99] }, 'task x: "levels.1" cannot be 99: Too big: expected number to be <=8'],
    [7, "task x: the parameters cannot be 7: Invalid input: expected object, received number"],
  ])("says what is wrong with %j", (parameters, message) => {
    expect(() => parseParameters(schema, parameters, "task x")).toThrow(new ConfigError(message));
  });
});

describe("lookUp", () => {
  const table = { accuracy: 1, format: 2 };

  it("finds an entry", () => {
    expect(lookUp("reward", "format", table)).toBe(2);
  });

  it.each([
    ["formatt", 'unknown reward "formatt"; did you mean "format"? (known: accuracy, format)'],
    ["toString", 'unknown reward "toString"; known: accuracy, format'],
  ])("lists what is known for %s", (name, message) => {
    expect(() => lookUp("reward", name, table)).toThrow(new ConfigError(message));
  });
});
