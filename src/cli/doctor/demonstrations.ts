import { spread } from "../../tasks/spread.ts";
import type { Recipe } from "../run-config.ts";
import type { Check } from "./check.ts";
import { failure, ok } from "./finding.ts";

const check = "demonstrations";

/** Looks for what a warm start or an imitating algorithm imitates: a step ends the run at a problem that has none. */
export const demonstrationsCheck: Check = {
  name: check,
  examine: ({ run: { task, recipe }, measuredPrompts }) => {
    const imitator = whatImitates(recipe);
    if (imitator === null) {
      return [ok(check, "nothing is imitated, so none are needed")];
    }
    const problems = spread(task.train, measuredPrompts);
    const looked = `${problems.length} of ${task.train.size} training problems`;
    const without = problems.filter(({ demonstration }) => demonstration === undefined);
    const [first] = without;
    if (first === undefined) {
      return [ok(check, `${looked} looked at, evenly spread: each has one for ${imitator.name}`)];
    }
    return [
      failure(
        check,
        `${imitator.name} imitates demonstrations, and problem ${first.id} of task ${task.name} has none; nor have ${without.length - 1} others of ${looked} looked at`,
        `${source(recipe)}, or ${imitator.otherwise}`,
      ),
    ];
  },
};

function whatImitates({ warmStart, algorithm }: Recipe): { name: string; otherwise: string } | null {
  if (algorithm.name === "sft") {
    return { name: "algorithm sft", otherwise: "choose another algorithm.name" };
  }
  return warmStart !== null && warmStart.steps > 0
    ? { name: "the warm start", otherwise: "set warmStart to null" }
    : null;
}

function source({ task }: Recipe): string {
  return task.name === "math"
    ? "name the column of worked text as task.solutionColumn (or of conversations as task.messagesColumn)"
    : "leave task.demonstratedLevels out";
}
