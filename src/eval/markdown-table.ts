/** A table in Markdown: names to the left, everything else to the right. */
export function markdownTable([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head!.map((_, index) => (index === 0 ? "---" : "---:"));
  return [line(head!), line(rule), ...rows.map(line)].join("\n");
}

/** A share in percent, without the sign. */
export function inPercent(share: number): string {
  return (100 * share).toFixed(1);
}
