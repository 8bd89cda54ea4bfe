import type { Problem } from "../pipeline.ts";

/** A completion in the format that the built-in tasks ask for. */
export function taggedCompletion(thought: string, answer: string): string {
  return `<think>${thought}</think><answer>${answer}</answer>`;
}

/** True in the columns of a problem whose demonstration is a guess, which a task may want imitated but not rewarded. */
export const guessedColumn = "guessed";

/** A completion that must earn full reward: the demonstration, or the reference answer without any thought. */
export function goldCompletion({ demonstration, answer, columns }: Problem): string {
  return demonstration !== undefined && columns[guessedColumn] !== true
    ? demonstration
    : taggedCompletion("", answer);
}
