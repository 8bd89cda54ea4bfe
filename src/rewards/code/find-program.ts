import { lastCodeBlock } from "../code-block.ts";
import type { Compat } from "../compat.ts";
import { fenceWords, type Language } from "./language.ts";

const thoughtEnd = "</think>";

/**
 * The program in a completion: its last closed block of code in the language, behind the thought if that was ended; null
 * without one. Upstream (`extract_code`) looks everywhere for the word `python`, and takes an empty program for none.
 */
export function findProgram(completion: string, language: Language, compat: Compat): string | null {
  if (compat === "upstream") {
    return lastCodeBlock(completion, language);
  }
  const end = completion.lastIndexOf(thoughtEnd);
  const answer = end < 0 ? completion : completion.slice(end + thoughtEnd.length);
  for (const word of fenceWords[language]) {
    const block = lastCodeBlock(answer, word);
    if (block !== "") {
      return block;
    }
  }
  return null;
}
