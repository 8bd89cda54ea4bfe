import type { GradientReport } from "./measure-gradients.ts";

/** Norms and cosines, then norms by group of parameters, as two tables. */
export function gradientTables({ losses, cosines }: GradientReport): string {
  const names = losses.map(({ name }) => name);
  const groups = Object.keys(losses[0]?.groupNorms ?? {});
  const overview = [
    ["loss", "norm", ...names],
    ...losses.map(({ name, norm }, row) => [name, shortNumber(norm), ...cosines[row]!.map(cosineText)]),
  ];
  const byGroup = [
    ["parameters", ...names],
    ...groups.map((group) => [group, ...losses.map(({ groupNorms }) => shortNumber(groupNorms[group]!))]),
  ];
  return `Norm of each loss's gradient, and the cosines between them\n\n${aligned(overview)}\n\nNorm by group of parameters\n\n${aligned(byGroup)}\n`;
}

const cosineText = (cosine: number | null): string => (cosine === null ? "–" : cosine.toFixed(3));

function shortNumber(value: number): string {
  return value === 0 || (value >= 1e-3 && value < 1e4)
    ? String(Number(value.toPrecision(4)))
    : value.toExponential(2);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
