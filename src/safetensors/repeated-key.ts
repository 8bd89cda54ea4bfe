import { endOfString } from "../shallow-json.ts";

/** The first key that the outermost object of valid JSON text has twice, which a parser would pass over; null if none. */
export function repeatedKey(json: string): string | null {
  const seen = new Set<string>();
  let depth = 0;
  let previous = "";
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '"') {
      const start = i;
      i = endOfString(json, start);
      if (depth === 1 && previous !== ":") {
        const key = JSON.parse(json.slice(start, i + 1)) as string;
        if (seen.has(key)) {
          return key;
        }
        seen.add(key);
      }
    } else if (character === "{" || character === "[") {
      depth++;
    } else if (character === "}" || character === "]") {
      depth--;
    }
    if (character.trim() !== "") {
      previous = character;
    }
  }
  return null;
}
