import type { Check } from "./check.ts";
import { failure, ok } from "./finding.ts";

const check = "held-out";

/** Looks for problems to evaluate on, where the recipe evaluates. */
export const heldOutCheck: Check = {
  name: check,
  examine: ({ run: { task, recipe } }) => {
    const { problems } = recipe.evaluate;
    const { size } = task.heldOut;
    if (problems > 0 && size === 0) {
      return [
        failure(
          check,
          `evaluate.problems is ${problems}, and task ${task.name} has no held-out problems`,
          `set evaluate.problems to 0${recipe.task.name === "math" ? ", or task.heldOutShare above 0, or name a task.heldOutPath" : ""}`,
        ),
      ];
    }
    return [
      ok(
        check,
        problems === 0
          ? "evaluation is switched off"
          : `evaluations take ${Math.min(problems, size)} of ${size} held-out problems`,
      ),
    ];
  },
};
