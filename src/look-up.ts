import { wayOut } from "./error-text.ts";
import { ConfigError } from "./errors.ts";

/** The entry of a table of named things. Throws ConfigError with the known names and the nearest. */
export function lookUp<Entry>(kind: string, name: string, table: Readonly<Record<string, Entry>>): Entry {
  if (!Object.hasOwn(table, name)) {
    throw new ConfigError(`unknown ${kind} "${name}"${wayOut(name, Object.keys(table))}`);
  }
  return table[name]!;
}
