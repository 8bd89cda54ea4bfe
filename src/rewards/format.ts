import { z } from "zod";
import { whiteSpace } from "../python-text.ts";
import { compat } from "./compat.ts";
import type { Reward } from "./reward.ts";
import { valueScore } from "./score.ts";

/**
 * `project`: whose format. `gpgrad` and `r1-v` (R1-V, Visual-RFT and VisualThinker): the two parts, white space between
 *   them; `open-r1`: each tag on a line of its own; `open-rs`: what `format_v2` asks for.
 * `thinkInPrompt`: the prompt ends in `<think>`, so completions go on behind it.
 */
export const formatParameters = z.strictObject({
  compat,
  project: z.enum(["gpgrad", "open-r1", "open-rs", "r1-v"]).default("gpgrad"),
  thinkInPrompt: z.boolean().default(false),
});

export const formatV2Parameters = z.strictObject({ compat });

type FormatParameters = z.output<typeof formatParameters>;

const tags = ["<think>", "</think>", "<answer>", "</answer>"] as const;

/** 1 if the whole completion has the format, 0 if not. What the parts hold is not looked at. */
export function createFormatReward({ compat, project, thinkInPrompt }: FormatParameters): Reward {
  const has = (compat === "upstream" ? upstreamFormats : formats)[project];
  return {
    name: "format",
    highest: 1,
    // Gold answers stand in tags without the line ends that the others want.
    goldEarnsHighest: project === "gpgrad" || project === "r1-v",
    score: ({ completion }) => valueScore(has(thinkInPrompt ? `<think>${completion}` : completion) ? 1 : 0),
  };
}

/** 1 if one `</think>` stands on a line of its own; for prompts that end in `<think>`. */
export function createFormatV2Reward({ compat }: z.output<typeof formatV2Parameters>): Reward {
  const has = compat === "upstream" ? upstreamFormats["open-rs"] : formats["open-rs"];
  return {
    name: "format_v2",
    highest: 1,
    goldEarnsHighest: false,
    score: ({ completion }) => valueScore(has(completion) ? 1 : 0),
  };
}

type HasFormat = (text: string) => boolean;

const formats: Record<FormatParameters["project"], HasFormat> = {
  gpgrad: hasParts,
  "r1-v": hasParts,
  "open-r1": (text) => hasParts(text) && matchesOpenR1(text.trim()),
  "open-rs": (text) => occursOnce(text, "</think>") && text.includes("\n</think>\n"),
};

const upstreamFormats: Record<FormatParameters["project"], HasFormat> = {
  gpgrad: hasParts,
  "r1-v": matchesR1v,
  "open-r1": matchesOpenR1,
  "open-rs": (text) => countOf(text, "\n</think>\n") === 1,
};

/** The two parts and nothing else, each tag once. */
function hasParts(text: string): boolean {
  const starts = tags.map((tag) => text.indexOf(tag));
  const ordered = starts.every((start, index) => index === 0 || start > starts[index - 1]!);
  if (!tags.every((tag) => occursOnce(text, tag)) || !ordered) {
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

function occursOnce(text: string, part: string): boolean {
  const start = text.indexOf(part);
  return start >= 0 && start === text.lastIndexOf(part);
}

/** How often the part stands in the text without overlapping itself, as Python counts. */
export function countOf(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) {
    count++;
  }
  return count;
}

/** Open-r1's pattern ends at the end of any line: whatever follows `</answer>` on other lines is not looked at. */
function matchesOpenR1(text: string): boolean {
  return openR1AnswerStarts(text, (start) => hasLineEnd(text, "\n</answer>", start));
}

/** Whether the text begins with a thought on lines of its own, and `rest` holds where its answer starts. */
export function openR1AnswerStarts(text: string, rest: (start: number) => boolean): boolean {
  const opening = "<think>\n";
  const middle = "\n</think>\n<answer>\n";
  const at = text.startsWith(opening) ? text.indexOf(middle, opening.length) : -1;
  return at >= 0 && rest(at + middle.length);
}

/** Whether the part stands at the end of a line, from `start` on. */
export function hasLineEnd(text: string, part: string, start: number): boolean {
  for (let at = text.indexOf(part, start); at >= 0; at = text.indexOf(part, at + 1)) {
    const next = text[at + part.length];
    if (next === undefined || next === "\n") {
      return true;
    }
  }
  return false;
}

const answerAfter = new RegExp(`[${whiteSpace}]*<answer>`, "y");

/** R1-V's pattern: tags may stand more than once inside the parts, but not before or behind them. */
function matchesR1v(text: string): boolean {
  const last = text.length - "</answer>".length;
  if (!text.startsWith("<think>") || !text.endsWith("</answer>")) {
    return false;
  }
  const tag = "</think>";
  for (let at = text.indexOf(tag, "<think>".length); at >= 0; at = text.indexOf(tag, at + 1)) {
    answerAfter.lastIndex = at + tag.length;
    if (answerAfter.test(text)) {
      // The first place leaves the most room for the answer.
      return answerAfter.lastIndex <= last;
    }
  }
  return false;
}
