import { type CurvePoint, type LearningCurve, smooth } from "./learning-curve.ts";
import { line, plotColours, polyline, round, spreadApart, stepTicks, svgDocument, text } from "./svg.ts";

const width = 960;
const height = 500;
const plot = { left: 76, right: width - 172, top: 92, bottom: height - 66 };
const colours = {
  ...plotColours,
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
  );
  return svgDocument({ width, height }, labels.title, parts);
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
  const labels = series
    .filter(({ points }) => points.length > 0)
    .map(({ points, name, fill }) => ({
      name,
      fill,
      value: points.at(-1)!.value,
      at: y(points.at(-1)!.value),
    }));
  return spreadApart(labels, 40, plot.bottom - 12).flatMap(({ name, fill, value, at }) => [
    text(plot.right + 16, at + 3, `${(value * 100).toFixed(1)}%`, { size: 17, weight: 650, fill }),
    text(plot.right + 16, at + 20, name, { size: 13, fill }),
  ]);
}
