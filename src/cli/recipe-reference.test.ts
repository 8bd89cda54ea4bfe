import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { recipeSchema } from "./run-config.ts";

type Node = z.core.JSONSchema.BaseSchema;

const reference = readFileSync("docs/recipes.md", "utf8");

/** The rows of each heading's table: key to the text of its default. */
const documented = new Map(
  reference.split(/^#+ /m).map((section) => {
    const rows = [...section.matchAll(/^\| `(\w+)` +\| (.+?) +\| /gm)];
    return [section.slice(0, section.indexOf("\n")), new Map(rows.map((row) => [row[1]!, row[2]!]))];
  }),
);

const root = z.toJSONSchema(recipeSchema, { io: "input", unrepresentable: "any" }) as Node;
const property = (node: Node, key: string) => node.properties![key] as Node;
const objectOf = (node: Node): Node =>
  node.properties
    ? node
    : ((node.anyOf ?? node.oneOf ?? node.allOf) as Node[])
        .map(objectOrNull)
        .find((option) => option !== null)!;
const objectOrNull = (node: Node): Node | null =>
  node.properties || node.anyOf || node.oneOf ? objectOf(node) : null;

const tasks = (property(root, "task").oneOf ?? property(root, "task").anyOf) as Node[];
const taskNamed = (name: string) => tasks.find((task) => property(task, "name").const === name)!;
const algorithms = (property(root, "algorithm").oneOf ?? property(root, "algorithm").anyOf) as Node[];

/** Keys that several sections share stand in a table of their own. */
const shared = documented.get("clipped ratios")!;

function rowsOf(heading: string, schema: Node): Map<string, string> {
  const own = documented.get(heading);
  return new Map([...(own ?? []), ...("clipLow" in schema.properties! ? shared : [])]);
}

const sections: [heading: string, schema: Node][] = [
  ["Top level", root],
  ...[
    "model",
    "lora",
    "warmStart",
    "train",
    "sampling",
    "optimizer",
    "evaluate",
    "checkpoint",
    "compute",
  ].map((key): [string, Node] => [key, objectOf(property(root, key))]),
  ["schedule", objectOf(property(objectOf(property(root, "optimizer")), "schedule"))],
  ["data", objectOf(property(taskNamed("math"), "data"))],
  ...algorithms.map((one): [string, Node] => [`algorithm ${property(one, "name").const}`, one]),
  ...tasks.map((task): [string, Node] => [`task ${property(task, "name").const}`, task]),
];

test.each(sections)("docs/recipes.md has every key of %s, and its default", (heading, schema) => {
  const rows = rowsOf(heading, schema);
  const keys = Object.keys(schema.properties!).filter(
    (key) => !(/^(task|algorithm) /.test(heading) && key === "name"),
  );
  expect([...rows.keys()].sort()).toEqual(keys.sort());
  for (const key of keys) {
    const shown = rows.get(key)!;
    const { default: value } = property(schema, key);
    if (shown.startsWith("`")) {
      const expected = value === undefined ? property(schema, key).const : value;
      expect(JSON.parse(shown.slice(1, -1)), `${heading}.${key}`).toEqual(expected);
    } else if (shown === "_required_") {
      expect(schema.required, `${heading}.${key}`).toContain(key);
    } else if (shown === "_none_" || shown === "_preset_") {
      expect(value, `${heading}.${key}`).toBeUndefined();
    }
  }
});
