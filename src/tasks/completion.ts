import type { Problem } from "../pipeline.ts";

/** A completion in the format that the built-in tasks ask for. */
export function taggedCompletion(thought: string, answer: string): string {
  return `<think>${thought}</think><answer>${answer}</answer>`;
}

/** A completion that must earn full reward: the demonstration, or the reference answer without any thought. */
export function goldCompletion(problem: Problem): string {
  return problem.demonstration ?? taggedCompletion("", problem.answer);
}
