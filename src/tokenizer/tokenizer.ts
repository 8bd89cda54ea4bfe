/** A part of a message's content, for templates that take text and images; further fields are the template's matter. */
export interface ContentPart {
  type: string;
  text?: string;
  readonly [field: string]: unknown;
}

/** A message as chat templates take it; the pipeline's `Message` is one. */
export interface ChatMessage {
  role: string;
  content?: string | readonly ContentPart[] | null;
  name?: string;
  /** The thinking part, for templates that keep it apart from the answer. */
  reasoning_content?: string;
  tool_calls?: readonly unknown[];
  tool_call_id?: string;
}

/** As `apply_chat_template` of transformers takes them. */
export interface ChatTemplateOptions {
  /** Ends with the beginning of an answer. */
  addGenerationPrompt?: boolean;
  /** Leaves the final message open, right after its text, so that the model goes on with it. */
  continueFinalMessage?: boolean;
  /** JSON schemas of functions that the model may call. */
  tools?: readonly object[];
  documents?: readonly object[];
  /** What else the template reads, such as `enable_thinking` or `date_string`; goes before the special tokens of the model. */
  variables?: Readonly<Record<string, unknown>>;
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
  applyChatTemplate(messages: readonly ChatMessage[], options?: ChatTemplateOptions): string;
}
