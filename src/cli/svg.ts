/** The words, lines and colours that all of our plots share: self-contained SVG with a light background. */
export const plotColours = {
  background: "#fcfcfb",
  ink: "#1f2430",
  quiet: "#6b7280",
  grid: "#e6e7ea",
};

/** A whole document of these parts; empty ones are left out. */
export function svgDocument(
  size: { width: number; height: number },
  title: string,
  parts: readonly string[],
): string {
  const { width, height } = size;
  const all = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif">`,
    `<rect width="${width}" height="${height}" fill="${plotColours.background}"/>`,
    ...parts,
    "</svg>",
  ];
  return `${all.filter((part) => part !== "").join("\n")}\n`;
}

export interface TextStyle {
  size: number;
  fill: string;
  weight?: number;
  anchor?: "middle" | "end";
}

export function text(x: number, y: number, content: string, style: TextStyle): string {
  const weight = style.weight === undefined ? "" : ` font-weight="${style.weight}"`;
  const anchor = style.anchor === undefined ? "" : ` text-anchor="${style.anchor}"`;
  return `<text x="${round(x)}" y="${round(y)}" font-size="${style.size}" fill="${style.fill}"${weight}${anchor}>${escapeXml(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${stroke}" stroke-width="1"/>`;
}

/** `points` as `x,y`; nothing for fewer than two. */
export function polyline(
  points: readonly string[],
  stroke: string,
  thickness: number,
  opacity: number,
  dashes?: string,
): string {
  if (points.length < 2) {
    return "";
  }
  const dashed = dashes === undefined ? "" : ` stroke-dasharray="${dashes}"`;
  return `<polyline points="${points.join(" ")}" fill="none" stroke="${stroke}" stroke-width="${thickness}" stroke-opacity="${opacity}"${dashed} stroke-linejoin="round" stroke-linecap="round"/>`;
}

export const round = (value: number): number => Math.round(value * 100) / 100;

/** Round numbers from 0 to the last step, four to eight of them. */
export function stepTicks(lastStep: number): number[] {
  const rough = Math.max(lastStep, 1) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const spacing = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!);
  return Array.from({ length: Math.floor(lastStep / spacing) + 1 }, (_, index) => index * spacing);
}

/** Heights from top to bottom for labels that want to be `at` theirs: at least `apart` from each other and above `bottom`. */
export function spreadApart<Label extends { at: number }>(
  labels: readonly Label[],
  apart: number,
  bottom: number,
): Label[] {
  const sorted = labels.map((label) => ({ ...label })).sort((a, b) => a.at - b.at);
  sorted.forEach((label, index) => {
    const previous = sorted[index - 1];
    label.at = previous === undefined ? label.at : Math.max(label.at, previous.at + apart);
  });
  const overflow = Math.max(0, (sorted.at(-1)?.at ?? 0) - bottom);
  return sorted.map((label) => ({ ...label, at: label.at - overflow }));
}

function escapeXml(content: string): string {
  return content
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
