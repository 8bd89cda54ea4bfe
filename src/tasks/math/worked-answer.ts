/** Splits an answer in the style of GSM8K, worked text and then `#### n`; undefined for any other text. */
export function splitWorkedAnswer(text: string): { work: string; answer: string } | undefined {
  const mark = text.lastIndexOf("####");
  if (mark < 0) {
    return undefined;
  }
  return { work: withoutCalculatorMarks(text.slice(0, mark)).trim(), answer: text.slice(mark + 4).trim() };
}

/** GSM8K writes each calculation a second time between `<<` and `>>`, for a calculator that completions do not have. */
function withoutCalculatorMarks(text: string): string {
  return text.replaceAll(/<<[^<>\n]*>>/g, "");
}
