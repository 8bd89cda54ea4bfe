import { type LearningCurve, smooth } from "./learning-curve.ts";

/** Bits of a Braille character's dots, [row][column]: two dots wide, four high. */
const brailleDots = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** A small chart for any terminal: training reward, smoothed, as a dotted line, held-out accuracy as `●`. */
export function terminalChart(curve: LearningCurve, size: { columns: number; rows: number }): string {
  const { columns, rows } = size;
  const end = Math.max(curve.lastStep, 1);
  const dots = Array.from({ length: rows }, () => new Uint8Array(columns));
  const dotAt = (step: number, value: number) => ({
    column: Math.round((step / end) * (columns * 2 - 1)),
    row: Math.round((1 - Math.min(Math.max(value, 0), 1)) * (rows * 4 - 1)),
  });
  const set = (column: number, row: number) => {
    dots[row >> 2]![column >> 1]! |= brailleDots[row & 3]![column & 1]!;
  };
  let previous: { column: number; row: number } | undefined;
  // As many points as dots: more would only scribble.
  const window = Math.round(curve.reward.length / columns);
  for (const { step, value } of smooth(curve.reward, 2 * window)) {
    const next = dotAt(step, value);
    const from = previous ?? next;
    const length = Math.max(Math.abs(next.column - from.column), Math.abs(next.row - from.row), 1);
    for (let along = 0; along <= length; along++) {
      set(
        Math.round(from.column + ((next.column - from.column) * along) / length),
        Math.round(from.row + ((next.row - from.row) * along) / length),
      );
    }
    previous = next;
  }
  const cells = dots.map((row) =>
    Array.from(row, (bits) => (bits === 0 ? " " : String.fromCodePoint(0x2800 + bits))),
  );
  if (curve.warmStartSteps > 0) {
    const column = dotAt(curve.warmStartSteps, 0).column >> 1;
    for (const row of cells) {
      row[column] = row[column] === " " ? "┊" : row[column]!;
    }
  }
  for (const { step, value } of curve.heldOut) {
    const { column, row } = dotAt(step, value);
    cells[row >> 2]![column >> 1] = "●";
  }
  const label = (row: number) =>
    row === 0 ? "100%" : row === rows - 1 ? "0%" : row === (rows - 1) / 2 ? "50%" : "";
  const lines = cells.map(
    (row, index) => `${label(index).padStart(5)} ${label(index) ? "┤" : "│"}${row.join("").trimEnd()}`,
  );
  const last = `step ${curve.lastStep}`;
  return [
    ...lines,
    `      └${"─".repeat(columns)}`,
    `       0${last.padStart(columns - 1)}`,
    `       ● held-out accuracy   ⣀⠤⠒⠉ training reward${curve.warmStartSteps > 0 ? "   ┊ warm start ends" : ""}`,
  ].join("\n");
}
