import { shown } from "../../error-text.ts";
import type { Task } from "../../tasks/task.ts";
import { type EndTokenProblem, endTokenProblems, shownTokens } from "../end-token-sources.ts";
import type { Recipe } from "../run-config.ts";
import type { Check } from "./check.ts";
import { failure, ok, type Severity, warning } from "./finding.ts";

const severities: Readonly<Record<EndTokenProblem["kind"], Severity>> = {
  none: "failure",
  outside: "failure",
  // Base models come like this, and learn to end their answers with the end token that they have.
  "chat-template": "warning",
  disagreement: "warning",
};

/** Compares the end tokens of config, generation config, tokenizer and, where the task chats, template. */
export const endTokensCheck: Check = {
  name: "end-tokens",
  examine: ({ run: { task, description, recipe }, facts: { endTokens, template } }) => {
    const { model, tokenizer } = description;
    const { vocabularySize } = model.dimensions;
    const { decode } = tokenizer;
    const sources = chats(task) ? endTokens : { ...endTokens, chatTemplate: [] };
    const findings = endTokenProblems(sources, { vocabularySize, decode }).map(({ kind, message, remedy }) =>
      (severities[kind] === "failure" ? failure : warning)("end-tokens", message, remedy),
    );
    if (chats(task) && template?.problem === null && template.endTokenIds.length === 0) {
      findings.push(
        warning(
          "end-tokens",
          `the chat template ends an answer with ${shown(template.answerEnd)}, which begins with no added token of the tokenizer`,
          matchingTemplate(recipe),
        ),
      );
    }
    const { endTokenIds } = description.codec;
    return findings.length > 0
      ? findings
      : [ok("end-tokens", `all files agree: answers end with ${shownTokens(endTokenIds, decode)}`)];
  },
};

/** The way out where template and tokenizer do not belong together. */
export function matchingTemplate({ chatTemplate }: Recipe): string {
  return chatTemplate === null
    ? "use the template that belongs to this tokenizer"
    : "the template is the recipe's own, for another model: take this model's with --set chatTemplate=null";
}

/** True where the task's prompts are conversations. */
export function chats({ train }: Task): boolean {
  return train.size > 0 && typeof train.at(0).prompt !== "string";
}
