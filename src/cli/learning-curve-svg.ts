import { type CurvePoint, type LearningCurve, smooth } from "./learning-curve.ts";

const width = 960;
const height = 500;
const plot = { left: 76, right: width - 172, top: 92, bottom: height - 66 };
const colours = {
  background: "#fcfcfb",
  ink: "#1f2430",
  quiet: "#6b7280",
  grid: "#e6e7ea",
  warmStart: "#f3f1ea",
  heldOut: "#0b6e6e",
  reward: "#d97706",
};

/** The learning curve as a self-contained SVG document with a light background. */
export function learningCurveSvg(curve: LearningCurve, labels: { title: string; subtitle: string }): string {
  const ticks = stepTicks(curve.lastStep);
  const end = Math.max(curve.lastStep, 1);
  const x = (step: number) => plot.left + (step / end) * (plot.right - plot.left);
  const y = (value: number) => plot.bottom - value * (plot.bottom - plot.top);
  const at = ({ step, value }: CurvePoint) => `${round(x(step))},${round(y(value))}`;
  const smoothed = smooth(curve.reward, Math.max(1, Math.round(curve.reward.length / 16)));

  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(labels.title)}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif">`,
    `<rect width="${width}" height="${height}" fill="${colours.background}"/>`,
    text(plot.left, 40, labels.title, { size: 21, weight: 650, fill: colours.ink }),
    text(plot.left, 64, labels.subtitle, { size: 14, fill: colours.quiet }),
  ];
  if (curve.warmStartSteps > 0) {
    const boundary = round(x(curve.warmStartSteps));
    parts.push(
      `<rect x="${plot.left}" y="${plot.top}" width="${round(boundary - plot.left)}" height="${plot.bottom - plot.top}" fill="${colours.warmStart}"/>`,
    );
  }
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const level = round(y(share));
    parts.push(
      line(plot.left, level, plot.right, level, share === 0 ? colours.quiet : colours.grid),
      text(plot.left - 12, level + 4.5, `${share * 100}%`, { size: 13, fill: colours.quiet, anchor: "end" }),
    );
  }
  for (const tick of ticks) {
    const position = round(x(tick));
    parts.push(
      line(position, plot.bottom, position, plot.bottom + 5, colours.quiet),
      text(position, plot.bottom + 22, String(tick), { size: 13, fill: colours.quiet, anchor: "middle" }),
    );
  }
  parts.push(
    text((plot.left + plot.right) / 2, height - 18, "optimizer step", {
      size: 13,
      fill: colours.quiet,
      anchor: "middle",
    }),
  );
  if (curve.warmStartSteps > 0) {
    parts.push(...boundaryMark(x(curve.warmStartSteps), curve.warmStartSteps < curve.lastStep));
  }
  parts.push(
    polyline(curve.reward.map(at), colours.reward, 1, 0.3),
    polyline(smoothed.map(at), colours.reward, 2, 1),
    polyline(curve.heldOut.map(at), colours.heldOut, 2.5, 1),
    ...curve.heldOut.map(
      (point) =>
        `<circle cx="${round(x(point.step))}" cy="${round(y(point.value))}" r="4.5" fill="${colours.background}" stroke="${colours.heldOut}" stroke-width="2.5"/>`,
    ),
    ...endLabels(
      [
        { points: curve.heldOut, name: "held-out accuracy", fill: colours.heldOut },
        { points: smoothed, name: "training reward", fill: colours.reward },
      ],
      y,
    ),
    "</svg>",
  );
  return `${parts.filter((part) => part !== "").join("\n")}\n`;
}

/** Round numbers from 0 to the last step, four to eight of them. */
export function stepTicks(lastStep: number): number[] {
  const rough = Math.max(lastStep, 1) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const spacing = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!);
  return Array.from({ length: Math.floor(lastStep / spacing) + 1 }, (_, index) => index * spacing);
}

function boundaryMark(position: number, followed: boolean): string[] {
  const at = round(position);
  const words = { size: 12.5, fill: colours.quiet };
  const before = text(at - 8, plot.top - 8, "warm start", { ...words, anchor: "end" });
  return [
    `<line x1="${at}" y1="${plot.top - 20}" x2="${at}" y2="${plot.bottom}" stroke="${colours.quiet}" stroke-width="1" stroke-dasharray="3 4"/>`,
    // A short warm start leaves no room for its name on its own side.
    at - plot.left > 84 ? before : "",
    followed
      ? text(at + 8, plot.top - 8, at - plot.left > 84 ? "GPG" : "warm start ends, GPG begins", words)
      : "",
  ];
}

/** Names and last values beside the ends of the lines, moved apart where they would overlap. */
function endLabels(
  series: readonly { points: readonly CurvePoint[]; name: string; fill: string }[],
  y: (value: number) => number,
): string[] {
  const apart = 40;
  const labels = series
    .filter(({ points }) => points.length > 0)
    .map(({ points, name, fill }) => ({
      name,
      fill,
      value: points.at(-1)!.value,
      at: y(points.at(-1)!.value),
    }))
    .sort((a, b) => a.at - b.at);
  labels.forEach((label, index) => {
    const previous = labels[index - 1];
    label.at = previous === undefined ? label.at : Math.max(label.at, previous.at + apart);
  });
  const overflow = Math.max(0, (labels.at(-1)?.at ?? 0) - (plot.bottom - 12));
  return labels.flatMap(({ name, fill, value, at }) => [
    text(plot.right + 16, at - overflow + 3, `${(value * 100).toFixed(1)}%`, { size: 17, weight: 650, fill }),
    text(plot.right + 16, at - overflow + 20, name, { size: 13, fill }),
  ]);
}

function text(
  x: number,
  y: number,
  content: string,
  style: { size: number; fill: string; weight?: number; anchor?: "middle" | "end" },
): string {
  const weight = style.weight === undefined ? "" : ` font-weight="${style.weight}"`;
  const anchor = style.anchor === undefined ? "" : ` text-anchor="${style.anchor}"`;
  return `<text x="${round(x)}" y="${round(y)}" font-size="${style.size}" fill="${style.fill}"${weight}${anchor}>${escapeXml(content)}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, stroke: string): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${stroke}" stroke-width="1"/>`;
}

function polyline(points: readonly string[], stroke: string, thickness: number, opacity: number): string {
  if (points.length < 2) {
    return "";
  }
  return `<polyline points="${points.join(" ")}" fill="none" stroke="${stroke}" stroke-width="${thickness}" stroke-opacity="${opacity}" stroke-linejoin="round" stroke-linecap="round"/>`;
}

const round = (value: number) => Math.round(value * 100) / 100;

function escapeXml(content: string): string {
  return content
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
