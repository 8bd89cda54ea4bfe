import { ConfigError } from "../errors.ts";
import type { Terminal, TextInput } from "./terminal.ts";

interface PromptOptions {
  prompt?: string;
  json?: true;
  count: number;
}

/** The prompt of the options or of standard input; where a person sits at a terminal, the input to chat through. */
export async function choosePrompt(
  { prompt, json, count }: PromptOptions,
  { input, output }: Terminal,
): Promise<string | TextInput> {
  if (prompt !== undefined) {
    return prompt;
  }
  if (input?.isTTY && output.isTTY && json !== true) {
    if (count > 1) {
      throw new ConfigError(
        `--count ${count}: a chat has one answer a turn; give a prompt with --prompt TEXT`,
      );
    }
    return input;
  }
  const text = input === undefined ? "" : await readAll(input);
  if (text === "") {
    throw new ConfigError(
      "required option '--prompt <text>' not specified: there is no prompt on standard input and no terminal to chat at",
    );
  }
  return text;
}

/** The text without the line end that `echo` puts behind it. */
async function readAll(input: TextInput): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) {
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}
