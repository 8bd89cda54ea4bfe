import { describe, expect, test } from "vitest";
import { tinySizes } from "../../../../test/support/tiny-sizes.ts";
import { createModel } from "../../../models/registry.ts";
import { pythonPattern } from "./python-pattern.ts";
import { shortTargets, type TargetModules, targetLayers } from "./target-modules.ts";

const model = createModel(
  {
    model_type: "qwen3",
    ...tinySizes,
    head_dim: 8,
    tie_word_embeddings: true,
  },
  "the test's config",
);
const fail = (problem: string): never => {
  throw new Error(problem);
};
const targets = (modules: TargetModules, excluded: TargetModules = []) =>
  targetLayers(model, modules, { fail, excluded });
const both = (name: string) => [0, 1].map((layer) => `model.layers.${layer}.${name}`);

describe("target modules follow PEFT's rule", () => {
  test("a list names modules whole or by their ends at a dot", () => {
    expect(targets(["q_proj"])).toEqual(both("self_attn.q_proj"));
    expect(targets(["model.layers.1.mlp.up_proj", "lm_head"])).toEqual([
      "model.layers.1.mlp.up_proj",
      "lm_head",
    ]);
    expect(() => targets(["_proj"])).toThrow('["_proj"] names no linear layer');
  });

  test("all-linear means every linear layer but the vocabulary head, in any case", () => {
    const all = targets("All-Linear");
    expect(all).toHaveLength(14);
    expect(all).not.toContain("lm_head");
    expect(targets("all-linear", ["down_proj"])).toHaveLength(12);
  });

  test("a text is Python's regular expression for the whole name", () => {
    expect(targets(String.raw`.*\.layers\.(?P<layer>1)\..*\.(k|v)_proj`)).toEqual([
      "model.layers.1.self_attn.k_proj",
      "model.layers.1.self_attn.v_proj",
    ]);
    expect(() => targets("q_proj")).toThrow("names no linear layer");
    expect(() => targets("(?i)q_proj")).toThrow("no regular expression that Python and JavaScript both know");
  });

  test.each([
    [["embed_tokens"], "names model.embed_tokens, which is an embedding"],
    [["q_norm"], "names model.layers.0.self_attn.q_norm, which is no linear layer"],
    [["q_proj", "mlp"], "names model.layers.0.mlp, which is no linear layer"],
    [".*", "names model, which is no linear layer"],
    [["q_prj"], 'did you mean "q_proj"?'],
  ])("%j is refused", (modules, message) => {
    expect(() => targets(modules)).toThrow(message);
  });

  test("the shortest list means the same layers", () => {
    for (const layers of [targets("all-linear"), targets(["lm_head", "q_proj"]), both("mlp.up_proj")]) {
      expect(targets(shortTargets(model, layers))).toEqual(layers);
    }
    expect(shortTargets(model, both("mlp.up_proj"))).toEqual(["up_proj"]);
    const one = ["model.layers.1.mlp.up_proj"];
    expect(shortTargets(model, one)).toEqual(one);
  });
});

test.each([
  [String.raw`a\-b[\-c]\_\%`, "a-bc_%", true],
  [String.raw`\Aab\Z`, "ab", true],
  ["(?P<x>a|b)(?P=x)", "bb", true],
  ["(?P<x>a|b)(?P=x)", "ba", false],
  ["a|bc", "ac", false],
  [String.raw`\\d`, String.raw`\d`, true],
])("Python's %s matches %s: %j", (pattern, text, matches) => {
  expect(pythonPattern(pattern)!.test(text)).toBe(matches);
});

test.each(["(?i)a", "(a", String.raw`\y`])("Python's %s has no counterpart", (pattern) => {
  expect(pythonPattern(pattern)).toBeNull();
});
