import type { Problem } from "../pipeline.ts";
import type { ProblemSet } from "./task.ts";

/** `count` problems, evenly spread; all of them where there are fewer. */
export function spread(problems: ProblemSet, count: number): Problem[] {
  const chosen = Math.min(count, problems.size);
  return Array.from({ length: chosen }, (_, index) =>
    problems.at(Math.floor((index * problems.size) / chosen)),
  );
}
