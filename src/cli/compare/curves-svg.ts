import { line, plotColours, polyline, round, spreadApart, stepTicks, svgDocument, text } from "../svg.ts";
import { type ArmCurve, armCurves, type CurvePoint } from "./curves.ts";
import type { ComparisonReport } from "./report.ts";
import { summarize } from "./statistics.ts";

const size = { width: 1240, height: 520 };
const panels = [
  { left: 76, right: 450 },
  { left: 688, right: 1062 },
] as const;
const rows = { top: 108, bottom: size.height - 66 };

/** Okabe and Ito's colours, which most eyes tell apart; further arms take them again with dashes. */
const lineColours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#4d4d4d", "#8f7a00"];

interface Panel {
  left: number;
  right: number;
  title: string;
  points: (curve: ArmCurve) => readonly CurvePoint[];
  /** The value at the top and at the bottom, and how a value is written. */
  range: readonly [low: number, high: number];
  words: (value: number) => string;
}

/** Two panels, by samples spent: the held-out measure with its spread over seeds, and the training reward. */
export function curvesSvg(report: ComparisonReport, highestReward: number): string {
  const curves = armCurves(report);
  const accuracy = report.measure === "accuracy";
  const percent = (value: number): string => `${Math.round(value * 1000) / 10}%`;
  const heldOut = (curve: ArmCurve) => curve.heldOut;
  const isShare = highestReward > 0;
  const reward = (curve: ArmCurve): CurvePoint[] =>
    smoothed(curve.reward).map(({ x, y }) => ({
      x,
      y: { ...y, mean: isShare ? y.mean / highestReward : y.mean, deviation: null },
    }));
  const title = `${report.name}: ${report.arms.length} arms from the same start`;
  return svgDocument(size, title, [
    text(panels[0].left, 40, title, { size: 21, weight: 650, fill: plotColours.ink }),
    text(
      panels[0].left,
      64,
      `mean over ${report.seeds.length} ${report.seeds.length === 1 ? "seed" : "seeds"}; bands are one standard deviation wide on each side`,
      { size: 14, fill: plotColours.quiet },
    ),
    ...drawPanel(curves, {
      ...panels[0],
      title: `held-out ${report.measure}`,
      points: heldOut,
      range: accuracy ? [0, 1] : rangeOf(curves, heldOut),
      words: accuracy ? percent : String,
    }),
    ...drawPanel(curves, {
      ...panels[1],
      title: `training reward, ${isShare ? "share of the highest, " : ""}smoothed`,
      points: reward,
      range: isShare ? [0, 1] : rangeOf(curves, reward),
      words: isShare ? percent : String,
    }),
  ]);
}

function drawPanel(curves: readonly ArmCurve[], panel: Panel): string[] {
  const { left, right, points, range, words } = panel;
  const [low, high] = range;
  const drawn = curves
    .map((curve, index) => ({ curve, index }))
    .filter(({ curve }) => points(curve).length > 0);
  const end = Math.max(1, ...drawn.flatMap(({ curve }) => points(curve).map(({ x }) => x)));
  const x = (value: number): number => left + (value / end) * (right - left);
  const y = (value: number): number => {
    const share = Math.min(Math.max((value - low) / (high - low || 1), 0), 1);
    return rows.bottom - share * (rows.bottom - rows.top);
  };
  const at = (position: number, value: number): string => `${round(x(position))},${round(y(value))}`;
  const quiet = { size: 13, fill: plotColours.quiet };
  const parts = [text(left, rows.top - 14, panel.title, { ...quiet, fill: plotColours.ink })];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const value = low + share * (high - low);
    const level = round(y(value));
    parts.push(
      line(left, level, right, level, share === 0 ? plotColours.quiet : plotColours.grid),
      text(left - 10, level + 4.5, words(round(value * 1000) / 1000), { ...quiet, anchor: "end" }),
    );
  }
  for (const tick of stepTicks(end)) {
    const position = round(x(tick));
    parts.push(
      line(position, rows.bottom, position, rows.bottom + 5, plotColours.quiet),
      text(position, rows.bottom + 22, String(tick), { ...quiet, anchor: "middle" }),
    );
  }
  parts.push(text((left + right) / 2, size.height - 18, "samples", { ...quiet, anchor: "middle" }));
  for (const { curve, index } of drawn) {
    const own = points(curve);
    const upper = own.map(({ x: position, y: { mean, deviation } }) => at(position, mean + (deviation ?? 0)));
    const lower = own.map(({ x: position, y: { mean, deviation } }) => at(position, mean - (deviation ?? 0)));
    if (own.some(({ y: { deviation } }) => deviation !== null && deviation > 0)) {
      parts.push(
        `<polygon points="${[...upper, ...lower.reverse()].join(" ")}" fill="${colourOf(index)}" fill-opacity="0.1"/>`,
      );
    }
  }
  for (const { curve, index } of drawn) {
    const own = points(curve).map(({ x: position, y: { mean } }) => at(position, mean));
    parts.push(polyline(own, colourOf(index), 2.25, 1, dashesOf(index)));
  }
  const labels = drawn.map(({ curve, index }) => {
    const value = points(curve).at(-1)!.y.mean;
    return {
      at: y(value),
      words: `${curve.arm} ${words(round(value * 1000) / 1000)}`,
      fill: colourOf(index),
    };
  });
  for (const label of spreadApart(labels, 19, rows.bottom)) {
    parts.push(text(right + 10, label.at + 4.5, label.words, { size: 13.5, fill: label.fill }));
  }
  return parts;
}

const colourOf = (index: number): string => lineColours[index % lineColours.length]!;
const dashesOf = (index: number): string | undefined => (index < lineColours.length ? undefined : "6 4");

/** Mean over a centred window of a sixteenth of the points, cut off at the ends. */
function smoothed(points: readonly CurvePoint[]): CurvePoint[] {
  const half = Math.floor(points.length / 32);
  return points.map(({ x }, index) => {
    const near = points.slice(Math.max(index - half, 0), index + half + 1);
    return { x, y: summarize(near.map(({ y }) => y.mean))! };
  });
}

function rangeOf(curves: readonly ArmCurve[], points: Panel["points"]): [number, number] {
  const values = curves.flatMap((curve) => points(curve).map(({ y }) => y.mean));
  return values.length === 0 ? [0, 1] : [Math.min(0, ...values), Math.max(...values)];
}
