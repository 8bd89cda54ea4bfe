/** Where a command writes: results and progress on `output`, errors on `errors`. */
export interface Terminal {
  output: TextOutput;
  errors: TextOutput;
}

export interface TextOutput {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Writes one JSON object a line. */
export function writeJson(output: TextOutput, value: unknown): void {
  output.write(`${JSON.stringify(value)}\n`);
}

/** Keeps `--json` output free of anything but JSON. */
export const silence: TextOutput = { write: () => undefined };
