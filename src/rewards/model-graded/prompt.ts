import type { RewardContext } from "../reward.ts";
import type { ModelGradedParameters } from "./parameters.ts";

export interface ChatMessage {
  role: "system" | "user";
  content: string;
}

/** The conversation that asks for a verdict. Throws for a column that the problem has not. */
export function gradingMessages(
  { systemPrompt, prompt }: Pick<ModelGradedParameters, "systemPrompt" | "prompt">,
  context: RewardContext,
): ChatMessage[] {
  const user: ChatMessage = { role: "user", content: filled(prompt, context) };
  return systemPrompt === "" ? [user] : [{ role: "system", content: filled(systemPrompt, context) }, user];
}

/** In one pass, so that nothing that a completion says is taken for a placeholder. */
function filled(template: string, { problem, completion }: RewardContext): string {
  return template.replaceAll(
    /\{(?:(question|answer|completion)|columns\.([^{}]+))\}/g,
    (_, name: "question" | "answer" | "completion" | undefined, column: string) => {
      switch (name) {
        case "question":
          return questionOf(problem);
        case "answer":
          return problem.answer;
        case "completion":
          return completion;
        case undefined:
          return columnOf(problem, column);
      }
    },
  );
}

/** What the user asked last. */
function questionOf({ prompt }: RewardContext["problem"]): string {
  if (typeof prompt === "string") {
    return prompt;
  }
  return prompt.findLast(({ role }) => role === "user")?.content ?? "";
}

function columnOf({ id, columns }: RewardContext["problem"], name: string): string {
  if (!Object.hasOwn(columns, name)) {
    const present = Object.keys(columns).join(", ") || "none";
    throw new Error(`the prompt names column "${name}", which problem ${id} has not (columns: ${present})`);
  }
  const value = columns[name];
  return typeof value === "string" ? value : JSON.stringify(value);
}
