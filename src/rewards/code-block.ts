/** The last closed block of code that is fenced as of this language; empty if there is none. Linear in the text. */
export function lastCodeBlock(text: string, language: string): string {
  const opening = `\`\`\`${language}\n`;
  const fence = "```";
  let last = "";
  for (let open = text.indexOf(opening); open >= 0; ) {
    const start = open + opening.length;
    const close = text.indexOf(fence, start);
    if (close < 0) {
      break;
    }
    last = text.slice(start, close);
    open = text.indexOf(opening, close + fence.length);
  }
  return last;
}
