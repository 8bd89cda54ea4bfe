/** Values of a nested object by the names on the way to them. */
export type FlatValues = Readonly<Record<string, string | number | boolean | null>>;

/** `{ a: { b: 1 } }` becomes `{ "a.b": 1 }`, or what `separator` makes of it; a list stays one value. */
export function flatten(value: Readonly<Record<string, unknown>>, separator = "."): FlatValues {
  const entries = Object.entries(value).flatMap(([key, child]): [string, FlatValues[string]][] => {
    if (child === undefined) {
      return [];
    }
    if (typeof child === "object" && child !== null && !Array.isArray(child)) {
      const inner = flatten(child as Record<string, unknown>, separator);
      return Object.entries(inner).map(([name, each]) => [`${key}${separator}${name}`, each]);
    }
    const scalar = child === null || ["string", "number", "boolean"].includes(typeof child);
    return [[key, scalar ? (child as FlatValues[string]) : JSON.stringify(child)]];
  });
  return Object.fromEntries(entries);
}
