/** Of longer texts only the end is searched: an answer stands there. */
const longestText = 200_000;
const longestGap = 60;

/** The end of a long text, with long runs of white space cut short, over which patterns would go back and forth. */
export function boundedText(text: string): string {
  const end = text.length > longestText ? text.slice(-longestText) : text;
  return end.replaceAll(/\s{60,}/g, (gap) => gap.slice(0, longestGap));
}
