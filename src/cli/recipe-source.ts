import { readFile } from "node:fs/promises";
import { isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { ConfigError } from "../errors.ts";
import { unreadableReason } from "../missing-path.ts";

type Path = readonly PropertyKey[];

/** A recipe as it was written, before it is checked, and where each of its values comes from. */
export interface RecipeSource {
  readonly file: string;
  readonly value: unknown;
  /** `file:line` or the command-line option that set the value at the path. */
  locate(path: Path): string;
}

/** A value from the command line that replaces the one in the file. */
export interface Override {
  path: readonly string[];
  value: unknown;
  /** As the user typed it, for errors. */
  origin: string;
}

export async function readRecipe(file: string): Promise<RecipeSource> {
  return parseRecipe(await readRecipeText(file), file);
}

export async function readRecipeText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigError(`${file}: the recipe cannot be read: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === "EISDIR"
    ? "it is a folder; give a YAML file (of a run folder, its recipe.yaml)"
    : unreadableReason(error);
}

/** `lenient`: reads YAML as upstream does, in version 1.1, where of a key that stands twice the last counts. */
export function parseRecipe(text: string, file: string, { lenient = false } = {}): RecipeSource {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    ...(lenient && { version: "1.1", uniqueKeys: false }),
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0]);
    throw new ConfigError(`${file}:${line}: not valid YAML: ${error.message.replaceAll(/\s+/g, " ")}`);
  }
  const lineOf = (path: Path): number | undefined => {
    for (let length = path.length; length > 0; length--) {
      const node = nodeAt(document.contents, path.slice(0, length));
      if (node?.range) {
        return lines.linePos(node.range[0]).line;
      }
    }
    return undefined;
  };
  return {
    file,
    value: document.toJS() ?? {},
    locate: (path) => {
      const line = lineOf(path);
      return line === undefined ? file : `${file}:${line}`;
    },
  };
}

/** Of a key that stands twice, the last. */
function nodeAt(root: unknown, path: Path): Node | undefined {
  const found = path.reduce<unknown>((node, key) => {
    if (isMap(node)) {
      return node.items.findLast(
        (pair) => String(isScalar(pair.key) ? pair.key.value : pair.key) === String(key),
      )?.value;
    }
    return isSeq(node) ? node.items[Number(key)] : undefined;
  }, root);
  return isNode(found) ? found : undefined;
}

/** Reads one `--set a.b=value`; the value is YAML, so `3`, `1e-4`, `true`, `[0.9, 0.95]` and `{a: 1}` have their types. */
export function parseOverride(text: string): Override {
  const origin = `--set ${text}`;
  const equals = text.indexOf("=");
  const path = text.slice(0, Math.max(equals, 0)).split(".");
  if (equals < 1 || path.some((key) => key.trim() !== key || key === "")) {
    throw new ConfigError(
      `${origin}: expected key=value with a dotted key, for example --set train.steps=20`,
    );
  }
  const document = parseDocument(text.slice(equals + 1), { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new ConfigError(`${origin}: the value is not valid YAML: ${error.message.replaceAll(/\s+/g, " ")}`);
  }
  return { path, value: document.toJS(), origin };
}

export const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function withValue(section: unknown, override: Override, depth: number): unknown {
  if (depth === override.path.length) {
    return override.value;
  }
  if (section !== undefined && section !== null && !isSection(section)) {
    const key = override.path.slice(0, depth).join(".") || "the recipe";
    throw new ConfigError(
      `${override.origin}: ${key} is ${JSON.stringify(section)}, not a section; set ${key} as a whole`,
    );
  }
  const key = override.path[depth]!;
  const inner = section && Object.hasOwn(section, key) ? section[key] : undefined;
  return { ...section, [key]: withValue(inner, override, depth + 1) };
}

/** The recipe with the overrides applied in order. */
export function applyOverrides(source: RecipeSource, overrides: readonly Override[]): RecipeSource {
  let value = source.value;
  for (const override of overrides) {
    value = withValue(value, override, 0);
  }
  return {
    file: source.file,
    value,
    locate: (path) => {
      const inFile = holds(source.value, path);
      const setter = overrides.findLast(
        (override) =>
          path.length > 0 &&
          (path.length >= override.path.length || !inFile) &&
          override.path.slice(0, path.length).every((key, depth) => key === path[depth]),
      );
      return setter?.origin ?? source.locate(path);
    },
  };
}

function holds(value: unknown, path: Path): boolean {
  const [key, ...rest] = path;
  return (
    key === undefined || (isSection(value) && Object.hasOwn(value, key) && holds(value[key as string], rest))
  );
}
