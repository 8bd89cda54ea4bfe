import { stringify } from "yaml";
import type { RecipeValue } from "./recipe-origins.ts";

/** Comments begin here, or behind the value where that is longer. */
const commentColumn = 50;

/** The recipe as YAML, which trains as it stands, with the origin of each value behind it. */
export function recipeWithOrigins(values: readonly RecipeValue[]): string {
  const lines: string[] = [];
  let open: readonly string[] = [];
  for (const { path, value, origin } of values) {
    const section = path.slice(0, -1);
    const shared = section.findIndex((key, depth) => key !== open[depth]);
    for (let depth = shared < 0 ? section.length : shared; depth < section.length; depth++) {
      lines.push(`${"  ".repeat(depth)}${inOneLine(section[depth])}:`);
    }
    open = section;
    const text = `${"  ".repeat(section.length)}${inOneLine(path.at(-1))}: ${inOneLine(value)}`;
    lines.push(`${text.padEnd(commentColumn)} # ${origin}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Lists and empty sections on one line, text with line breaks in quotes. */
function inOneLine(value: unknown): string {
  return stringify(value, {
    lineWidth: 0,
    collectionStyle: "flow",
    blockQuote: false,
    doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY,
  }).trimEnd();
}
