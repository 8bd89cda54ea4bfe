import type { LocalBackend } from "../compute/local/index.ts";
import type { SamplingParameters } from "../compute/sampler.ts";
import type { Message } from "../pipeline.ts";
import { answerInWords, type Responder, tokensWithin } from "./responder.ts";
import { printable, type Terminal, writeJson } from "./terminal.ts";
import { completionText } from "./text-stream.ts";

export interface SampleOnceOptions {
  /** As the user wrote it, and as the model is given it: a conversation or the prompt itself. */
  prompt: string;
  given: string | readonly Message[];
  count: number;
  seed: number;
  json: boolean;
  sampling: SamplingParameters;
  /** `sampling.maxTokens` is what the user asked for, and not a default. */
  exact: boolean;
  respond: Responder;
  backend: LocalBackend;
  terminal: Terminal;
  signal: AbortSignal;
}

/** Prints one completion as it is drawn, or several once they are there. Throws an AbortError if `signal` ends it. */
export async function sampleOnce(options: SampleOnceOptions): Promise<void> {
  await (options.json || options.count > 1 ? printCompletions(options) : streamCompletion(options));
}

async function streamCompletion({
  given,
  seed,
  respond,
  terminal,
  signal,
}: SampleOnceOptions): Promise<void> {
  const { output, errors } = terminal;
  // A plain prompt is the beginning of the text, once it is known that the model can read it.
  let heading = typeof given === "string" ? given : "";
  const show = (text: string): void => {
    output.write(printable(output, heading + text));
    heading = "";
  };
  const answer = await respond(given, { seed, signal, onText: show });
  show("");
  output.write("\n");
  if (errors.isTTY) {
    errors.write(`${answerInWords(answer)}\n`);
  }
  signal.throwIfAborted();
}

async function printCompletions(options: SampleOnceOptions): Promise<void> {
  const { prompt, given, count, seed, json, sampling, exact, backend, terminal, signal } = options;
  const { codec, sampler, model } = backend;
  const promptTokenIds = codec.encodePrompt(given);
  const maxTokens = exact ? sampling.maxTokens : tokensWithin(model, promptTokenIds, sampling.maxTokens);
  const start = performance.now();
  const [completions] = await sampler.sample(
    [{ promptTokenIds, count, seed }],
    { ...sampling, maxTokens },
    { signal },
  );
  const seconds = (performance.now() - start) / 1000;
  completions!.forEach(({ tokenIds, logprobs, finishReason }, index) => {
    const completion = completionText(tokenIds, codec.decode, sampling.stop);
    const tokens = tokenIds.length;
    if (json) {
      const logprob = logprobs.reduce((sum, each) => sum + each, 0);
      writeJson(terminal.output, { prompt, completion, finishReason, tokens, logprob });
    } else {
      const text = `--- ${index + 1} of ${count}\n${typeof given === "string" ? given : ""}${completion}\n`;
      terminal.output.write(printable(terminal.output, text));
    }
  });
  if (!json && terminal.errors.isTTY) {
    const tokens = completions!.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0);
    terminal.errors.write(`${answerInWords({ text: "", tokens, seconds, ending: "stop" })}\n`);
  }
}
