import { z } from "zod";
import { compat } from "./compat.ts";
import { hasLineEnd, openR1AnswerStarts } from "./format.ts";
import type { Reward } from "./reward.ts";
import { valueScore } from "./score.ts";

/** `language`: the word behind the fence. */
export const codeFormatParameters = z.strictObject({ compat, language: z.string().min(1).default("python") });

/**
 * 1 if the completion has open-r1's format and a closed block of code of the language in its answer. Upstream:
 * `get_code_format_reward`, which takes ```javascript for java as well.
 */
export function createCodeFormatReward({ compat, language }: z.output<typeof codeFormatParameters>): Reward {
  const fence = `\`\`\`${compat === "upstream" ? patternPrefix(language) : language}`;
  const opens = (text: string, start: number): number => {
    let at = text.indexOf(fence, start);
    while (at >= 0 && compat !== "upstream" && !/\s/.test(text[at + fence.length] ?? "x")) {
      at = text.indexOf(fence, at + 1);
    }
    return at;
  };
  const has = (text: string): boolean =>
    openR1AnswerStarts(text, (start) => {
      const open = opens(text, start);
      const close = open < 0 ? -1 : text.indexOf("```", open + fence.length);
      return close >= 0 && endsAnswer(text, close + 3);
    });
  const endsAnswer = (text: string, start: number): boolean =>
    compat === "upstream"
      ? hasLineEnd(text, "\n</answer>", start)
      : text.trimEnd().endsWith("\n</answer>") && text.lastIndexOf("\n</answer>") >= start;
  return {
    name: "code_format",
    highest: 1,
    goldEarnsHighest: false,
    score: ({ completion }) => valueScore(has(completion) ? 1 : 0),
  };
}

/** Upstream puts the language into a pattern as it stands, where `c++` means one c or more: "c" and then anything. */
function patternPrefix(language: string): string {
  return language.replace(/\++$/, "");
}
