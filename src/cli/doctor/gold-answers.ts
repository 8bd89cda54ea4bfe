import { checkTask, type TaskFault } from "../../tasks/check-task.ts";
import type { Task } from "../../tasks/task.ts";
import type { Check } from "./check.ts";
import { failure, ok, warning } from "./finding.ts";

const shownFaults = 3;

/** Grades gold answers: a reward that does not pay for them teaches something else. */
export const goldAnswersCheck: Check = {
  name: "gold-answers",
  examine: async ({ run: { task }, triedAnswers }) => {
    const faults = await checkTask(task, triedAnswers);
    const tried = Math.min(task.train.size, triedAnswers) + Math.min(task.heldOut.size, triedAnswers);
    const all = task.train.size + task.heldOut.size;
    const looked =
      tried === all ? `all ${tried} gold answers` : `${tried} gold answers (of ${all}, evenly spread)`;
    if (faults.length === 0) {
      return [ok("gold-answers", `${looked} tried: each earns the full reward`)];
    }
    const useless = task.rewards.find(({ reward }) => paysNothing(faults, reward.name, tried))?.reward.name;
    if (useless !== undefined) {
      return [
        failure(
          "gold-answers",
          `reward ${useless} pays nothing for any of ${looked}: ${examples(faults.filter(({ reward }) => reward === useless))}`,
          "give task.rewards one that reads these answers, or name the column that holds them",
        ),
      ];
    }
    const problems = new Set(faults.map(({ id }) => id)).size;
    return [
      warning(
        "gold-answers",
        `${problems} of ${looked} earn less than the full reward: ${examples(faults)}`,
        remedyFor(task),
      ),
    ];
  },
};

function paysNothing(faults: readonly TaskFault[], name: string, tried: number): boolean {
  return faults.filter(({ reward, paid }) => reward === name && !((paid ?? 0) > 0)).length === tried;
}

function examples(faults: readonly TaskFault[]): string {
  const shown = faults.slice(0, shownFaults).map(({ id, reason }) => `problem ${id}: ${reason}`);
  const more = faults.length > shown.length ? [`and ${faults.length - shown.length} more`] : [];
  return [...shown, ...more].join("; ");
}

function remedyFor({ name }: Task): string {
  return `correct these rows or leave them out; a right answer to such a problem of task ${name} is trained against`;
}
