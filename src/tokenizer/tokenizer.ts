/** A part of a message's content, for templates that take text and images. */
export interface ContentPart {
  type: string;
  text?: string;
}

/** A message as chat templates take it; the pipeline's `Message` is one. */
export interface ChatMessage {
  role: string;
  content: string | readonly ContentPart[];
}

/** Text to token ids and back, by the files of a model folder. */
export interface Tokenizer {
  /** One more than the highest token id; the embedding of a model has at least as many rows. */
  readonly vocabularySize: number;
  /** The end-of-sequence token of the tokenizer's configuration; empty if it names none. */
  readonly endTokenIds: readonly number[];
  readonly padTokenId: number | null;
  /**
   * Special tokens written in the text are recognised. `addSpecialTokens` adds what the tokenizer puts around a text, a
   * beginning-of-sequence token for one, but never a second of those. Throws a DataError for text that has no token.
   */
  encode(text: string, options?: { addSpecialTokens?: boolean }): number[];
  /** Ids that have no token are left out; bytes that form no character become U+FFFD. */
  decode(tokenIds: readonly number[], options?: { skipSpecialTokens?: boolean }): string;
  /** The conversation as text, to be encoded without adding special tokens: the template writes them. */
  applyChatTemplate(messages: readonly ChatMessage[], options?: { addGenerationPrompt?: boolean }): string;
}
