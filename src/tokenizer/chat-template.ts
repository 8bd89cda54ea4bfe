import { DataError, errorMessage, ModelError } from "../errors.ts";
import { strip } from "../python-text.ts";
import { createBudget } from "./jinja/budget.ts";
import { evaluateTemplate } from "./jinja/evaluate.ts";
import { fromJavaScript } from "./jinja/from-javascript.ts";
import { templateGlobals } from "./jinja/globals.ts";
import { parseTemplate } from "./jinja/parse-template.ts";
import type { Statement } from "./jinja/syntax.ts";
import { TemplateError } from "./jinja/template-error.ts";
import { isDictionary } from "./jinja/values.ts";
import type { ChatMessage, ChatTemplateOptions } from "./tokenizer.ts";
import type { ChatTemplateSource } from "./tokenizer-files.ts";

export type RenderChat = (messages: readonly ChatMessage[], options: ChatTemplateOptions) => string;

/** What stands in the final message's place of ending; transformers uses the same, so that templates see the same. */
const endOfFinalMessage = "CONTINUE_FINAL_MESSAGE_TAG ";

const longestProblem = 500;

const reserved = ["messages", "tools", "documents", "add_generation_prompt"];

/** Renders one template with all its variables. Bounded in time and memory, whatever the template does. */
function render(statements: readonly Statement[], variables: Readonly<Record<string, unknown>>): string {
  const { value, units } = fromJavaScript(variables);
  if (!isDictionary(value)) {
    throw new TemplateError("its variables are no object");
  }
  const budget = createBudget(units);
  const named = [...value.entries].map(([name, one]) => [String(name), one] as const);
  return evaluateTemplate(statements, new Map([...templateGlobals(budget), ...named]), budget);
}

/** The messages with a mark at the end of the last one's text, and that text. */
function markFinalMessage(messages: readonly ChatMessage[]): { marked: ChatMessage[]; text: string } {
  const final = messages.at(-1);
  const content = final?.content;
  if (final !== undefined && typeof content === "string") {
    return {
      marked: [...messages.slice(0, -1), { ...final, content: content + endOfFinalMessage }],
      text: content,
    };
  }
  const parts = Array.isArray(content) ? content : [];
  const last = parts.findLastIndex((part) => typeof part?.text === "string");
  if (final === undefined || last < 0) {
    throw new DataError(
      "continueFinalMessage needs a final message with text; give it some, or leave the option out",
    );
  }
  const text: string = parts[last].text;
  const marked = parts.with(last, { ...parts[last], text: text + endOfFinalMessage });
  return { marked: [...messages.slice(0, -1), { ...final, content: marked }], text };
}

/** Cuts a rendered conversation at the mark; blanks before it go where the template trimmed those behind it. */
function cutAtMark(rendered: string, text: string): string {
  const at = rendered.lastIndexOf(strip(endOfFinalMessage, "both"));
  if (at < 0 || !rendered.includes(strip(text, "both"))) {
    throw new TemplateError(
      "it does not show the final message as it stands, so that it cannot be continued",
    );
  }
  const before = rendered.slice(0, at);
  return rendered.startsWith(endOfFinalMessage, at) ? before : strip(before, "end");
}

function checkOptions({
  addGenerationPrompt,
  continueFinalMessage,
  variables = {},
}: ChatTemplateOptions): void {
  if (addGenerationPrompt && continueFinalMessage) {
    throw new DataError(
      "a conversation either begins a new message or continues its final one; leave out addGenerationPrompt or continueFinalMessage",
    );
  }
  const taken = reserved.find((name) => Object.hasOwn(variables, name));
  if (taken !== undefined) {
    throw new DataError(`${taken} is no free variable of a chat template; give it as what it is`);
  }
}

/**
 * Renders conversations with a model's own template, with the text that transformers gives. The template is parsed when it
 * is first used: one that cannot be parsed is no hindrance to plain prompts.
 */
export function createChatTemplate(
  source: ChatTemplateSource | null,
  specialTokens: Readonly<Record<string, string>>,
  configFile: string,
): RenderChat {
  const parsed = new Map<string, Statement[]>();
  const statementsOf = (text: string): Statement[] => {
    const statements = parsed.get(text) ?? parseTemplate(text);
    parsed.set(text, statements);
    return statements;
  };
  return (messages, options) => {
    if (source === null) {
      throw new ModelError(
        `${configFile} has no chat_template and there is no chat_template.jinja beside it; add one, or give the prompt as plain text`,
      );
    }
    checkOptions(options);
    const {
      addGenerationPrompt = false,
      continueFinalMessage = false,
      tools,
      documents,
      variables,
    } = options;
    const final = continueFinalMessage ? markFinalMessage(messages) : null;
    try {
      const text = tools === undefined ? source.text : (source.textForTools ?? source.text);
      const rendered = render(statementsOf(text), {
        ...specialTokens,
        ...variables,
        messages: final?.marked ?? messages,
        tools: tools ?? null,
        documents: documents ?? null,
        add_generation_prompt: addGenerationPrompt,
      });
      return final === null ? rendered : cutAtMark(rendered, final.text);
    } catch (error) {
      // A RangeError is a stack or a text that outgrew its limit: templates can nest and call themselves.
      if (!(error instanceof TemplateError || error instanceof RangeError)) {
        throw error;
      }
      // The template words its own refusals, at any length.
      const message = errorMessage(error).slice(0, longestProblem).replaceAll(/\s+/g, " ");
      const problem = error instanceof RangeError ? `it nests too deeply (${message})` : message;
      throw new ModelError(
        `the chat template in ${source.file} cannot render this conversation: ${problem}; change the messages or the template`,
      );
    }
  };
}
