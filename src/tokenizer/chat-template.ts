import { Template } from "@huggingface/jinja";
import { DataError, errorMessage, ModelError } from "../errors.ts";
import type { ChatMessage } from "./tokenizer.ts";
import type { ChatTemplateSource } from "./tokenizer-files.ts";

export type RenderChat = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => string;

/**
 * Renders conversations with a model's own template (Jinja, with trim_blocks and lstrip_blocks). It is parsed when it is
 * first used: a template that cannot be parsed is no hindrance to plain prompts.
 */
export function createChatTemplate(
  source: ChatTemplateSource | null,
  specialTokens: Readonly<Record<string, string>>,
  configFile: string,
): RenderChat {
  let template: Template | undefined;
  return (messages, addGenerationPrompt) => {
    if (source === null) {
      throw new ModelError(
        `${configFile} has no chat_template and there is no chat_template.jinja beside it; add one, or give the prompt as plain text`,
      );
    }
    if (messages.length === 0) {
      throw new DataError("a conversation has no messages; give it at least one");
    }
    try {
      template ??= new Template(source.text);
      return template.render({
        ...specialTokens,
        messages,
        add_generation_prompt: addGenerationPrompt,
        tools: null,
        documents: null,
      });
    } catch (error) {
      throw new ModelError(
        `the chat template in ${source.file} cannot render this conversation: ${errorMessage(error)}; change the messages or the template`,
      );
    }
  };
}
