import type { LocalBackend } from "../compute/local/index.ts";
import type { SamplingParameters } from "../compute/sampler.ts";
import type { FinishReason, Message } from "../pipeline.ts";
import { createTextStream } from "./text-stream.ts";

export interface RespondOptions {
  seed: number;
  /** Ends the answer where it is. */
  signal: AbortSignal;
  /** Told the answer piece by piece. */
  onText: (text: string) => void;
}

export interface Answer {
  text: string;
  tokens: number;
  /** From the question to the last token. */
  seconds: number;
  ending: FinishReason | "interrupted";
}

/** Lets the model answer one prompt. Throws ConfigError where the model has no room for it. */
export type Responder = (prompt: string | readonly Message[], options: RespondOptions) => Promise<Answer>;

/** `maxTokens` is lowered to what the model has room for, unless it is `exact`. */
export function createResponder(
  { codec, sampler, model }: LocalBackend,
  sampling: SamplingParameters,
  { exact }: { exact: boolean },
): Responder {
  return async (prompt, { seed, signal, onText }) => {
    const promptTokenIds = codec.encodePrompt(prompt);
    const maxTokens = exact ? sampling.maxTokens : tokensWithin(model, promptTokenIds, sampling.maxTokens);
    const stream = createTextStream(codec.decode, sampling.stop);
    const start = performance.now();
    let text = "";
    let tokens = 0;
    const tell = (piece: string): void => {
      if (piece !== "") {
        text += piece;
        onText(piece);
      }
    };
    const answer = (ending: Answer["ending"]): Answer => ({
      text,
      tokens,
      seconds: (performance.now() - start) / 1000,
      ending,
    });
    try {
      const [completions] = await sampler.sample(
        [{ promptTokenIds, count: 1, seed }],
        { ...sampling, maxTokens },
        {
          signal,
          onToken: ({ tokenId }) => {
            tokens++;
            tell(stream.push(tokenId));
          },
        },
      );
      tell(stream.end());
      return answer(completions![0]!.finishReason);
    } catch (error) {
      if (signal.aborted && error instanceof DOMException) {
        return answer("interrupted");
      }
      throw error;
    }
  };
}

/** At least one, so that a prompt without any room is an error of the sampler. */
export function tokensWithin(
  { maxPositions }: LocalBackend["model"],
  promptTokenIds: readonly number[],
  maxTokens: number,
): number {
  return Math.max(1, Math.min(maxTokens, maxPositions - promptTokenIds.length));
}

/** `[42 tokens, 31.5 tokens/s]`, and why the answer ended if not by itself. */
export function answerInWords({ tokens, seconds, ending }: Answer): string {
  const rate = (tokens / Math.max(seconds, 1e-9)).toFixed(1);
  const cut = { stop: "", length: ", cut at the limit", interrupted: ", interrupted" }[ending];
  return `[${tokens} tokens, ${rate} tokens/s${cut}]`;
}
