import { encodePrompt } from "../../eval/encode-prompt.ts";
import type { Problem } from "../../pipeline.ts";
import { spread } from "../../tasks/spread.ts";
import type { Recipe } from "../run-config.ts";
import type { Check, Examination } from "./check.ts";
import { type Finding, failure, ok, warning } from "./finding.ts";

const check = "demonstrations";

/** Looks for what a warm start or an imitating algorithm imitates: a step ends the run at a problem that has none. */
export const demonstrationsCheck: Check = {
  name: check,
  examine: ({ run, measuredPrompts }) => {
    const { task, recipe } = run;
    const imitator = whatImitates(recipe);
    if (imitator === null) {
      return [ok(check, "nothing is imitated, so none are needed")];
    }
    const problems = spread(task.train, measuredPrompts);
    const looked = `${problems.length} of ${task.train.size} training problems`;
    const without = problems.filter(({ demonstration }) => demonstration === undefined);
    const [first] = without;
    if (first === undefined) {
      return [lengthFinding(run, problems, `${looked} looked at, evenly spread`, imitator.name)];
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

/** Measures what is imitated against what can be sampled, and with its prompt against the model. */
function lengthFinding(
  { recipe, description }: Examination["run"],
  problems: readonly Problem[],
  looked: string,
  imitator: string,
): Finding {
  const { codec, model } = description;
  const { maxPositions } = model.dimensions;
  const { maxTokens } = recipe.sampling;
  const measured = problems.map((problem) => {
    const tokens = codec.encodeCompletion(problem.demonstration!).length;
    return { id: problem.id, tokens, positions: encodePrompt(codec, problem).tokenIds.length + tokens };
  });
  const beyond = measured.filter(({ positions }) => positions > maxPositions);
  if (beyond.length > 0) {
    const [first] = beyond;
    return warning(
      check,
      `of ${looked}, ${beyond.length} and their demonstrations have more tokens than the model has positions (${maxPositions}), problem ${first!.id} ${first!.positions}: positions that the model never saw are trained`,
      "leave out such problems (task.data.filter), or choose a model with more positions",
    );
  }
  const unreachable = measured.filter(({ tokens }) => tokens > maxTokens);
  const [longest] = unreachable.sort((a, b) => b.tokens - a.tokens);
  return longest === undefined
    ? ok(check, `${looked}: each has one for ${imitator}`)
    : warning(
        check,
        `of ${looked}, ${unreachable.length} have demonstrations over the ${maxTokens} tokens that are sampled, problem ${longest.id} the longest of ${longest.tokens}: what ${imitator} imitates is cut off when sampled`,
        `raise sampling.maxTokens to ${longest.tokens}`,
      );
}

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
