import { existsSync } from "node:fs";
import { holdsRun } from "../trainer/run-folder.ts";
import type { Recipe } from "./run-config.ts";

/**
 * Where a run goes: `output` if the recipe or the command line names it; otherwise `runs/NAME`, or the first of
 * `runs/NAME-2`, `runs/NAME-3`, ... that is free. With `resume`, the last of those that holds a run.
 */
export function chooseRunFolder(
  { name, output }: Pick<Recipe, "name" | "output">,
  { resume, root = "runs" }: { resume: boolean; root?: string },
): string {
  if (output !== undefined) {
    return output;
  }
  const folder = (number: number) => (number === 1 ? `${root}/${name}` : `${root}/${name}-${number}`);
  let free = 1;
  while (existsSync(folder(free)) && holdsRun(folder(free))) {
    free += 1;
  }
  return folder(resume && free > 1 ? free - 1 : free);
}
