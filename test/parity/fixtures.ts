import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** The folder of reference fixtures; more of the same kind may stand there than the ones this was written with. */
export const fixturesFolder = process.env.GPGRAD_FIXTURES ?? path.resolve("../shared/fixtures");

/** The fixtures are not part of the repository; a folder that was named must be there. */
export const fixturesAbsent = process.env.GPGRAD_FIXTURES === undefined && !existsSync(fixturesFolder);

export function readFixture<T>(...parts: string[]): T {
  return JSON.parse(readFileSync(path.join(fixturesFolder, ...parts), "utf8")) as T;
}

/** The rows of a fixture; none where there are no fixtures. */
export function readJsonLines<T>(...parts: string[]): T[] {
  if (fixturesAbsent) {
    return [];
  }
  const text = readFileSync(path.join(fixturesFolder, ...parts), "utf8");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as T);
}

/** Names of the model folders, text and vision-language models apart; none where there are no fixtures. */
export function modelFixtures(): { text: string[]; vision: string[] } {
  const folder = path.join(fixturesFolder, "models");
  const names = fixturesAbsent
    ? []
    : readdirSync(folder).filter((name) => existsSync(path.join(folder, name, "config.json")));
  const isVision = (name: string) => "vision_config" in readFixture<object>("models", name, "config.json");
  return { text: names.filter((name) => !isVision(name)), vision: names.filter(isVision) };
}

export interface Tolerance {
  atol: number;
  rtol: number;
}

/** The largest share of its tolerance that any value uses up: at most 1 passes. NaN never passes. */
export function toleranceUsed(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { atol, rtol }: Tolerance,
  skip: ReadonlySet<number> = new Set(),
): number {
  if (got.length !== want.length) {
    throw new Error(`${got.length} values where ${want.length} are wanted`);
  }
  let largest = 0;
  for (let i = 0; i < want.length; i++) {
    const used = Math.abs(got[i] - want[i]) / (atol + rtol * Math.abs(want[i]));
    if (!skip.has(i) && !(used <= largest)) {
      largest = Number.isNaN(used) ? Number.POSITIVE_INFINITY : used;
    }
  }
  return largest;
}
