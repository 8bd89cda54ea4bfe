import { DataError } from "../../errors.ts";
import { createMask, type Mask } from "./mask.ts";

/** Where a polygon crosses rows: from (x, y), `slope` columns a row. Single precision, as the original computes. */
interface Edge {
  top: number;
  bottom: number;
  x: number;
  y: number;
  slope: number;
}

type Point = readonly [x: number, y: number];

const single = Math.fround;

const round = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);

/** Half away from zero, and half towards zero; the sum with one half is in single precision, too. */
const roundOut = (x: number): number => Math.sign(x) * Math.floor(single(Math.abs(x) + 0.5));
const roundIn = (x: number): number => Math.sign(x) * Math.ceil(single(Math.abs(x) - 0.5));

/**
 * The pixels of a polygon with its outline, exactly those that Pillow's `ImageDraw.polygon` (12.3.0, mode L, outline and
 * fill) sets: corners are cut to whole numbers, and what lies outside of the image is left out. Throws DataError for fewer
 * than two corners.
 */
export function polygonMask(polygon: readonly Point[], height: number, width: number): Mask {
  if (polygon.length < 2) {
    throw new DataError(`a polygon has at least two corners, not ${polygon.length}`);
  }
  const mask = createMask(height, width);
  const line = (left: number, y: number, right: number): void => {
    if (y >= 0 && y < height) {
      for (let x = Math.max(0, left); x <= Math.min(right, width - 1); x++) {
        mask.pixels[x * height + y] = 1;
      }
    }
  };
  const { edges, flats } = edgesOf(polygon.map(([x, y]) => [Math.trunc(x), Math.trunc(y)]));
  for (const { left, y, right } of flats) {
    line(left, y, right);
  }
  const ends = [...edges.flatMap(({ top, bottom }) => [top, bottom]), ...flats.map(({ y }) => y)];
  const first = ends.reduce((least, y) => Math.min(least, y), height - 1);
  const last = ends.reduce((most, y) => Math.max(most, y), 0);
  for (let y = Math.max(0, first); y <= Math.min(last, height); y++) {
    const crossings = crossingsOf(edges, y, Math.min(last, height)).sort((a, b) => a - b);
    for (let index = 1; index < crossings.length; index += 2) {
      line(roundOut(crossings[index - 1]!), y, roundIn(crossings[index]!));
    }
  }
  return mask;
}

interface Flat {
  left: number;
  y: number;
  right: number;
}

/** Level edges are apart. Those that go on in the same direction are one, whose start is where the last one began. */
function edgesOf(corners: readonly Point[]): { edges: Edge[]; flats: Flat[] } {
  const edges: Edge[] = [];
  const flats: Flat[] = [];
  const add = ([x0, y0]: Point, [x1, y1]: Point): void => {
    if (y0 === y1) {
      flats.push({ left: Math.min(x0, x1), y: y0, right: Math.max(x0, x1) });
    } else {
      const slope = single(single(x1 - x0) / (y1 - y0));
      edges.push({ top: Math.min(y0, y1), bottom: Math.max(y0, y1), x: x0, y: y0, slope });
    }
  };
  for (let index = 0; index < corners.length - 1; index++) {
    const [from, to] = [corners[index]!, corners[index + 1]!];
    const before = corners[index - 1];
    const direction = Math.sign(to[0] - from[0]);
    if (
      before !== undefined &&
      before[1] === from[1] &&
      from[1] === to[1] &&
      direction !== 0 &&
      direction === Math.sign(from[0] - before[0])
    ) {
      const flat = flats.at(-1)!;
      if (direction > 0) {
        flat.right = to[0];
      } else {
        flat.left = to[0];
      }
    } else {
      add(from, to);
    }
  }
  const [start, end] = [corners[0], corners.at(-1)];
  if (start && end && (start[0] !== end[0] || start[1] !== end[1])) {
    add(end, start);
  }
  return { edges, flats };
}

const columnAt = ({ x, y, slope }: Edge, row: number): number => single(single((row - y) * slope) + x);

function crossingsOf(edges: readonly Edge[], row: number, lastRow: number): number[] {
  const crossings: number[] = [];
  edges.forEach((edge, index) => {
    if (row < edge.top || row > edge.bottom) {
      return;
    }
    const column = columnAt(edge, row);
    if (row === edge.bottom && row < lastRow) {
      // Twice, so that the span of the edge that ends here does not open one.
      crossings.push(column, column);
    } else if ((row === edge.top || row === edge.bottom) && edge.slope !== 0) {
      crossings.push(cornerColumn(edge, edges.slice(0, index), row, column));
    } else {
      crossings.push(column);
    }
  });
  return crossings;
}

/** Where two flat edges meet in a sharp corner, the corner's span begins beside the pixels of the next row. */
function cornerColumn(edge: Edge, earlier: readonly Edge[], row: number, column: number): number {
  const rounded = round(column);
  const next = row + (row === edge.bottom ? -1 : 1);
  const other = earlier.find(
    (candidate) =>
      (row === candidate.top || row === candidate.bottom) &&
      candidate.slope !== 0 &&
      rounded === round(columnAt(candidate, row)) &&
      next >= candidate.top &&
      next <= candidate.bottom,
  );
  if (other === undefined) {
    return column;
  }
  const [own, others] = [columnAt(edge, next), columnAt(other, next)];
  if (column > single(own + 1) && column > single(others + 1)) {
    return round(Math.max(own, others)) + 1;
  }
  if (column < single(own - 1) && column < single(others - 1)) {
    return round(Math.min(own, others)) - 1;
  }
  return column;
}
