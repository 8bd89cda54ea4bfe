/** Where a command reads and writes: results and progress on `output`, errors on `errors`. */
export interface Terminal {
  output: TextOutput;
  errors: TextOutput;
  /** Standard input, where there is one. */
  input?: TextInput;
}

export interface TextOutput {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export type TextInput = NodeJS.ReadableStream & { isTTY?: boolean };

/** Writes one JSON object a line. */
export function writeJson(output: TextOutput, value: unknown): void {
  output.write(`${JSON.stringify(value)}\n`);
}

/** Keeps `--json` output free of anything but JSON. */
export const silence: TextOutput = { write: () => undefined };

/** The text without what a terminal would obey: control characters but for line ends and tabs. */
export function printable({ isTTY }: TextOutput, text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return isTTY ? text.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "\ufffd") : text;
}
