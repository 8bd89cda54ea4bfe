/** A choice found in a text. */
export interface ChoiceMatch {
  start: number;
  end: number;
  choice: string;
}

type ChoiceFinder = readonly [priority: number, find: (text: string) => ChoiceMatch[]];

const mostAnchors = 40;
const reach = 300;

/** How math-verify looks for one of a closed list of words, by priority. */
export function choicePatterns(choices: readonly string[], withoutAnchor: boolean): ChoiceFinder[] {
  const words = choices.map((choice) => choice.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const choice = `(?<choice>${words})`;
  const suffix = "(?:\\*\\*)?(?:[.,:\\s]|$)";
  const answer = `(?:^|\\s)(?:\\*\\*)?${choice}${suffix}`;
  const behindAnchor =
    (anchor: RegExp, pattern: string) =>
    (text: string): ChoiceMatch[] =>
      behind(text, anchor, new RegExp(pattern, "y"));
  return [
    [0, behindAnchor(/final answer is/gi, `:?\\s*${choice}\\.?\\s?I hope`)],
    [50, behindAnchor(/final answer/gi, `.{0,100}?\\s+is:?\\s*${choice}`)],
    [100, behindAnchor(/answer:/gi, `.{0,50}?${answer}`)],
    [200, behindAnchor(/answer/gi, `.{0,50}?${answer}`)],
    ...(withoutAnchor
      ? ([
          [250, (text) => all(text, new RegExp(`^(?:\\*\\*)?${choice}${suffix}`, "g"))],
          [300, (text) => all(text, new RegExp(answer, "g"))],
        ] satisfies ChoiceFinder[])
      : []),
  ];
}

function all(text: string, pattern: RegExp): ChoiceMatch[] {
  return [...text.matchAll(pattern)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    choice: match.groups?.choice ?? "",
  }));
}

function behind(text: string, anchor: RegExp, pattern: RegExp): ChoiceMatch[] {
  const found: ChoiceMatch[] = [];
  let end = 0;
  for (const { index, 0: words } of [...text.matchAll(anchor)].slice(-mostAnchors)) {
    const start = index + words.length;
    pattern.lastIndex = 0;
    const match = index < end ? null : pattern.exec(text.slice(start, start + reach));
    if (match) {
      end = start + match[0].length;
      found.push({ start: index, end, choice: match.groups?.choice ?? "" });
    }
  }
  return found;
}
