import { expect, test } from "vitest";
import { applyOverrides, parseOverride, parseRecipe, readRecipe } from "./recipe-source.ts";

const recipe = parseRecipe("name: a\ntrain:\n  steps: 3\noptimizer: {betas: [0.9, 0.95]}\n", "a.yaml");

test("knows the line of each value", () => {
  expect(recipe.locate(["train", "steps"])).toBe("a.yaml:3");
  expect(recipe.locate(["train", "missing"])).toBe("a.yaml:3");
  expect(recipe.locate(["nothing"])).toBe("a.yaml");
});

test("an empty file is an empty recipe", () => {
  expect(parseRecipe("# nothing yet\n", "a.yaml").value).toEqual({});
});

test.each([
  ["name: [1, 2\nseed: 1\n", /^b\.yaml:2: not valid YAML: /],
  ["seed: 1\nname: b\nseed: 2\n", /^b\.yaml:3: not valid YAML: Map keys must be unique/],
])("names the file and the line of broken YAML", (text, message) => {
  expect(() => parseRecipe(text, "b.yaml")).toThrow(message);
});

test("a missing file, and a folder, are one clear line", async () => {
  await expect(readRecipe(import.meta.dirname)).rejects.toThrow(
    /: the recipe cannot be read: it is a folder; give a YAML file \(of a run folder, its recipe\.yaml\)$/,
  );
  await expect(readRecipe("/nowhere/a.yaml")).rejects.toThrow(
    "/nowhere/a.yaml: the recipe cannot be read: there is no such file",
  );
});

test.each([
  ["a=3", ["a"], 3],
  ["a.b=1e-4", ["a", "b"], 1e-4],
  ["a.b=true", ["a", "b"], true],
  ["a=[1, 2]", ["a"], [1, 2]],
  ["a={b: c}", ["a"], { b: "c" }],
  ["a=b=c", ["a"], "b=c"],
  ["a=../x/y.jsonl", ["a"], "../x/y.jsonl"],
  ["a=", ["a"], null],
])("--set %s", (text, path, value) => {
  expect(parseOverride(text)).toEqual({ path, value, origin: `--set ${text}` });
});

test.each(["a", "=3", "a..b=3", ".a=3", "a b =3 "])("--set %s is refused", (text) => {
  expect(() => parseOverride(text)).toThrow(`--set ${text}: expected key=value`);
});

test("an override replaces one value, opens sections and leaves the rest", () => {
  const changed = applyOverrides(
    recipe,
    ["train.steps=9", "task.path=x", "train.extra.deep=1"].map(parseOverride),
  );
  expect(changed.value).toEqual({
    name: "a",
    train: { steps: 9, extra: { deep: 1 } },
    optimizer: { betas: [0.9, 0.95] },
    task: { path: "x" },
  });
  expect(changed.locate(["train", "steps"])).toBe("--set train.steps=9");
  expect(changed.locate(["name"])).toBe("a.yaml:1");
  expect(recipe.value).toMatchObject({ train: { steps: 3 } });
});

test("the last of two overrides counts", () => {
  expect(applyOverrides(recipe, ["name=b", "name=c"].map(parseOverride)).value).toMatchObject({ name: "c" });
});

test("an override cannot open a section inside a value", () => {
  expect(() => applyOverrides(recipe, [parseOverride("name.x=1")])).toThrow(
    '--set name.x=1: name is "a", not a section; set name as a whole',
  );
  expect(() => applyOverrides(recipe, [parseOverride("optimizer.betas.0=1")])).toThrow(
    "optimizer.betas is [0.9,0.95], not a section",
  );
});

test("a key named like an object's own machinery stays a key", () => {
  const { value } = applyOverrides(recipe, [parseOverride("__proto__.polluted=1")]);
  expect(Object.hasOwn(value as object, "__proto__")).toBe(true);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});
