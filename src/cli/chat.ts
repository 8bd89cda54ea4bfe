import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { ConfigError, DataError, errorMessage, ModelError } from "../errors.ts";
import type { Message } from "../pipeline.ts";
import { hashSeed } from "../random.ts";
import { answerInWords, type Responder } from "./responder.ts";
import { printable, type Terminal, type TextInput, type TextOutput } from "./terminal.ts";

export interface ChatOptions {
  terminal: Terminal & { input: TextInput };
  respond: Responder;
  /** Renders the conversation; without one, each line is given to the model as it stands. */
  hasTemplate: boolean;
  system: string | undefined;
  seed: number;
}

const promptText = "> ";
const commands = "/reset begins anew, /exit or Ctrl-D ends, Ctrl-C stops an answer";

/** Talks with a person until they leave. Ctrl-C stops an answer; while none is given it ends the chat with an AbortError. */
export async function chat({ terminal, respond, hasTemplate, system, seed }: ChatOptions): Promise<void> {
  const { input, output, errors } = terminal;
  const begin: readonly Message[] = system === undefined ? [] : [{ role: "system", content: system }];
  let messages = begin;
  let turn = 0;
  let answering: AbortController | null = null;
  const lines = readLines(input, output, {
    isSilent: () => answering !== null,
    onInterrupt: () => {
      if (answering === null || answering.signal.aborted) {
        return false;
      }
      answering.abort();
      return true;
    },
  });
  const answer = async (question: string): Promise<void> => {
    const asked: readonly Message[] = [...messages, { role: "user", content: question }];
    answering = new AbortController();
    try {
      const given = await respond(hasTemplate ? asked : question, {
        seed: hashSeed(seed, turn++),
        signal: answering.signal,
        onText: (text) => output.write(printable(output, text)),
      });
      output.write(given.text.endsWith("\n") ? "" : "\n");
      errors.write(`${answerInWords(given)}\n`);
      messages = given.text === "" ? messages : [...asked, { role: "assistant", content: given.text }];
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof DataError || error instanceof ModelError)) {
        throw error;
      }
      errors.write(`error: ${errorMessage(error)}${messages.length > begin.length ? "; or /reset" : ""}\n`);
    } finally {
      answering = null;
    }
  };

  errors.write(
    hasTemplate
      ? `${commands}\n`
      : `no chat template: each line is given to the model as plain text, without those before it\n${commands}\n`,
  );
  try {
    for (let line = await lines.next(); line !== null; line = await lines.next()) {
      const command = line.trim();
      if (command === "/exit") {
        return;
      }
      if (command === "/reset") {
        messages = begin;
        errors.write("the conversation begins anew\n");
      } else if (/^\/[a-z]*$/.test(command)) {
        errors.write(`${command} is no command: ${commands}\n`);
      } else if (command !== "") {
        await answer(line);
      }
    }
  } finally {
    lines.close();
  }
}

interface Lines {
  /** What the person writes next; null at the end of input. Throws an AbortError after Ctrl-C. */
  next(): Promise<string | null>;
  close(): void;
}

interface LinesOptions {
  /** While true, what is typed is kept for the next prompt and not shown. */
  isSilent: () => boolean;
  /** True if the interruption had something to stop. */
  onInterrupt: () => boolean;
}

function readLines(input: TextInput, output: TextOutput, { isSilent, onInterrupt }: LinesOptions): Lines {
  const display = new Writable({
    write: (chunk, _, done) => {
      if (!isSilent()) {
        output.write(String(chunk));
      }
      done();
    },
  });
  Object.defineProperty(display, "columns", { get: () => output.columns });
  const reader = createInterface({ input, output: display, terminal: true, prompt: promptText });
  const typed: string[] = [];
  let closed = false;
  let interrupted = false;
  let wake = (): void => {};

  const interrupt = (): void => {
    if (onInterrupt()) {
      return;
    }
    if (isSilent()) {
      // An answer that does not stop: give the terminal back and end.
      reader.close();
      process.exit(130);
    }
    interrupted = true;
    wake();
  };
  const terminate = (): void => {
    reader.close();
    process.exit(143);
  };
  reader.on("line", (line) => {
    typed.push(line);
    wake();
  });
  reader.on("close", () => {
    closed = true;
    wake();
  });
  // In raw mode Ctrl-C is a key; a signal comes from elsewhere.
  reader.on("SIGINT", interrupt);
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", terminate);
  return {
    next: async () => {
      const waiting = typed.shift();
      if (waiting !== undefined) {
        output.write(`${promptText}${waiting}\n`);
        return waiting;
      }
      if (!closed) {
        reader.prompt(true);
      }
      while (typed.length === 0 && !closed && !interrupted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (interrupted || (closed && typed.length === 0)) {
        output.write("\n");
      }
      if (interrupted) {
        throw new DOMException("the chat was interrupted", "AbortError");
      }
      return typed.shift() ?? null;
    },
    close: () => {
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", terminate);
      reader.close();
    },
  };
}
