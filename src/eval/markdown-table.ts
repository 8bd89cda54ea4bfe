/** A table in Markdown that reads well as text too: names to the left, everything else to the right. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const all = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")));
  const [head] = all;
  const widths = head!.map((_, column) => Math.max(3, ...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    line(row, (cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))),
  );
  const rule = line(head!, (_, column) =>
    column === 0 ? "-".repeat(widths[0]!) : `${"-".repeat(widths[column]! - 1)}:`,
  );
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

function line(cells: readonly string[], padded: (cell: string, column: number) => string): string {
  return `| ${cells.map(padded).join(" | ")} |`;
}

/** A share in percent, without the sign. */
export function inPercent(share: number): string {
  return (100 * share).toFixed(1);
}
