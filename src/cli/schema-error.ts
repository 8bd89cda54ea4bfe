import { z } from "zod";
import { shown } from "../error-text.ts";
import { ConfigError } from "../errors.ts";
import { nearestKey } from "../nearest-key.ts";
import { valueAt } from "../value-at.ts";
import type { RecipeSource } from "./recipe-source.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];
type Node = z.core.JSONSchema.BaseSchema;

/** The one-line error for a recipe that does not fit its schema: where, which key, what value, what is expected. */
export function schemaError(schema: z.ZodType, source: RecipeSource, issues: readonly Issue[]): ConfigError {
  const flat = issues.flatMap((issue) => flatten(issue, source.value));
  // A misspelt key often makes another one "missing": name the misspelling.
  const issue = flat.find(({ code }) => code === "unrecognized_keys") ?? flat[0]!;
  const more = flat.length > 1 ? ` (and ${flat.length - 1} more to correct)` : "";
  return new ConfigError(describe(schema, source, issue) + more);
}

/** Replaces the issue of a union by those of the branch whose kind of value was given, if there is one. */
function flatten(issue: Issue, root: unknown): Issue[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) {
    return [issue];
  }
  const branches = issue.errors.filter(
    (branch) => !branch.some(({ path, code }) => path.length === 0 && code === "invalid_type"),
  );
  if (branches.length !== 1) {
    return [issue];
  }
  return branches[0]!.flatMap((inner) =>
    flatten({ ...inner, path: [...issue.path, ...inner.path] } as Issue, root),
  );
}

function describe(schema: z.ZodType, source: RecipeSource, issue: Issue): string {
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const path = [...issue.path, key];
    return `${source.locate(path)}: ${path.join(".")} is not a known key; ${wayOut(schema, source.value, issue.path, key)}`;
  }
  const name = issue.path.join(".") || "the recipe";
  const value = valueAt(source.value, issue.path);
  if (value === undefined) {
    return `${source.locate(issue.path)}: ${name} is missing; expected ${expectation(issue)}`;
  }
  return `${source.locate(issue.path)}: ${name} is ${shown(value)}; expected ${expectation(issue)}`;
}

function wayOut(schema: z.ZodType, root: unknown, section: Path, key: string): string {
  const tree = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Node;
  const siblings = keysAt(tree, root, section);
  const near = nearestKey(key, siblings);
  if (near !== undefined) {
    return `did you mean ${[...section, near].join(".")}?`;
  }
  const elsewhere = everyKey(tree, root).filter((path) => path.at(-1) === key);
  if (elsewhere.length > 0) {
    return `did you mean ${elsewhere.map((path) => path.join(".")).join(" or ")}?`;
  }
  return `known here: ${siblings.join(", ")}`;
}

/** The branches of a union that the given value can still be: those whose constants it matches. */
function branches(node: Node, value: unknown): Node[] {
  const options = node.anyOf ?? node.oneOf;
  if (options === undefined) {
    return [node];
  }
  return (options as Node[])
    .flatMap((option) => branches(option, value))
    .filter((option) =>
      Object.entries(option.properties ?? {}).every(
        ([key, property]) =>
          (property as Node).const === undefined || (property as Node).const === valueAt(value, [key]),
      ),
    );
}

function keysAt(tree: Node, root: unknown, section: Path): string[] {
  let nodes = branches(tree, root);
  section.forEach((key, depth) => {
    const value = valueAt(root, section.slice(0, depth + 1));
    nodes = nodes.flatMap((node) => {
      const child = childOf(node, key);
      return child === undefined ? [] : branches(child, value);
    });
  });
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** Of a section with these keys, of a list, or of a section with any keys. */
function childOf({ properties, items, additionalProperties }: Node, key: PropertyKey): Node | undefined {
  const child = properties?.[String(key)] ?? (typeof key === "number" ? items : additionalProperties);
  return typeof child === "object" ? (child as Node) : undefined;
}

function everyKey(node: Node, value: unknown, path: string[] = []): string[][] {
  return branches(node, value).flatMap((branch) =>
    Object.entries(branch.properties ?? {}).flatMap(([key, child]) => [
      [...path, key],
      ...everyKey(child as Node, valueAt(value, [key]), [...path, key]),
    ]),
  );
}

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a section",
  record: "a section",
};

function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return kinds[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.map((value) => String(value)).join(" | ");
    case "too_small":
      return bound(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum);
    case "too_big":
      return bound(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum);
    case "invalid_union": {
      if ("options" in issue && Array.isArray(issue.options)) {
        return issue.options.map((option) => String(option)).join(" | ");
      }
      // The schema's own words say more than the kinds of its branches.
      if (issue.message !== "Invalid input") {
        return issue.message;
      }
      return [...new Set(issue.errors.flatMap((branch) => branch.slice(0, 1).map(expectation)))].join(" or ");
    }
    default:
      return issue.message;
  }
}

function bound(origin: string, words: string, limit: number | bigint): string {
  const unit = origin === "string" ? " characters" : origin === "array" ? " entries" : "";
  return `${origin === "number" || origin === "int" ? "a number of " : ""}${words} ${limit}${unit}`;
}
