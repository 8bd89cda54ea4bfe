import type { Reward } from "./reward.ts";

const tags = ["<think>", "</think>", "<answer>", "</answer>"] as const;

/**
 * 1 if the completion is `<think>...</think><answer>...</answer>` and nothing else, each tag once, white space around
 * the two parts allowed; 0 if not. What the parts hold is not looked at.
 */
export function createFormatReward(): Reward {
  return {
    name: "format",
    highest: 1,
    score: ({ completion }) => ({ kind: "value", value: hasFormat(completion) ? 1 : 0 }),
  };
}

function hasFormat(text: string): boolean {
  const starts = tags.map((tag) => text.indexOf(tag));
  const once = tags.every((tag, index) => starts[index]! >= 0 && starts[index] === text.lastIndexOf(tag));
  const ordered = starts.every((start, index) => index === 0 || start > starts[index - 1]!);
  if (!once || !ordered) {
    return false;
  }
  const [think, endOfThink, answer, endOfAnswer] = starts as [number, number, number, number];
  const outside = [
    text.slice(0, think),
    text.slice(endOfThink + tags[1].length, answer),
    text.slice(endOfAnswer + tags[3].length),
  ];
  return outside.every((part) => part.trim() === "");
}
