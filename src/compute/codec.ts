import type { Message } from "../pipeline.ts";

/** Text to token ids and back, for the model that a compute backend serves. */
export interface Codec {
  /** Ids whose appearance ends a completion: every EOS id of the model's generation config and tokenizer. */
  readonly endTokenIds: readonly number[];
  /** Messages go through the chat template with a generation prompt; a string is encoded as it stands. */
  encodePrompt(prompt: string | readonly Message[]): number[];
  /** Ids of a completion to imitate, closed by the end token. */
  encodeCompletion(text: string): number[];
  /** Text without special tokens. */
  decode(tokenIds: readonly number[]): string;
}
