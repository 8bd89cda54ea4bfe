import { normalizeNumber } from "./normalize-number.ts";

/**
 * The final answer that a text states, trimmed, or undefined if it states none. Looked for in this order, the last of
 * each kind: `<answer>...</answer>`, `\boxed{...}`, a line's `#### n` (GSM8K), "the answer is n". Inside the tags the
 * other kinds are looked for first. Every search is linear in the text, whatever it holds.
 */
export function extractFinalAnswer(text: string): string | undefined {
  const tagged = extractTagged(text);
  return tagged === undefined ? marked(text) : (marked(tagged) ?? tagged.trim());
}

function marked(text: string): string | undefined {
  return lastBoxed(text) ?? lastAfterHashes(text) ?? lastStated(text);
}

/** What stands in the last closed `<answer>...</answer>`, or undefined. */
export function extractTagged(text: string): string | undefined {
  const opening = "<answer>";
  const closing = "</answer>";
  const lastClosing = text.lastIndexOf(closing);
  const open = lastClosing < 0 ? -1 : text.lastIndexOf(opening, lastClosing);
  if (open < 0) {
    return undefined;
  }
  return text.slice(open + opening.length, text.indexOf(closing, open));
}

/** Of the boxes whose braces close, the one that opens last. */
function lastBoxed(text: string): string | undefined {
  const marker = "\\boxed";
  const openBraces: number[] = [];
  let best: { start: number; end: number } | undefined;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "\\" && "{}\\".includes(text[index + 1] ?? " ")) {
      index++;
    } else if (character === "{") {
      openBraces.push(index);
    } else if (character === "}") {
      const start = openBraces.pop();
      if (start !== undefined && text.endsWith(marker, start) && start > (best?.start ?? -1)) {
        best = { start, end: index };
      }
    }
  }
  return best && text.slice(best.start + 1, best.end).trim();
}

/** Of the lines with `####`, the last where a number follows. */
function lastAfterHashes(text: string): string | undefined {
  let hashes = text.lastIndexOf("####");
  while (hashes >= 0) {
    const end = text.indexOf("\n", hashes);
    const answer = text.slice(hashes + 4, end < 0 ? undefined : end).trim();
    if (normalizeNumber(answer) !== undefined) {
      return answer;
    }
    const start = text.lastIndexOf("\n", hashes);
    hashes = start < 0 ? -1 : text.lastIndexOf("####", start);
  }
  return undefined;
}

const statement = /\banswer is[:\s*$]*(-?\$?(?:\d+(?:,\d{3})*(?:\.\d+)?|\.\d+))(?![\w/^%]|[.,]\d)/gi;

function lastStated(text: string): string | undefined {
  let last: string | undefined;
  for (const match of text.matchAll(statement)) {
    last = match[1];
  }
  return last;
}
