import type { BrokenRow } from "./row.ts";

/** One line on rows that were left out: how many, and the first of them with file and row. */
export function describeBroken(first: readonly BrokenRow[], count: number): string {
  const shown = first.map(({ file, number, reason }) => `${file} row ${number}: ${reason}`);
  const more = count > shown.length ? `; and ${count - shown.length} more` : "";
  return `left out ${count} broken rows: ${shown.join("; ")}${more}`;
}
