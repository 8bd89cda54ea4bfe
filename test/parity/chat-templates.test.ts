import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { GpgradError } from "../../src/errors.ts";
import { createChatTemplate } from "../../src/tokenizer/chat-template.ts";
import type { ChatMessage } from "../../src/tokenizer/tokenizer.ts";
import { dataFolder } from "./data.ts";

interface ChatCase {
  id: string;
  template: string;
  messages: ChatMessage[];
  add_generation_prompt: boolean;
  continue_final_message: boolean;
  tools?: object[];
  variables: Record<string, unknown>;
  /** The text, or what the reference fails with. */
  expected?: string;
  error?: { type: string; message: string };
}

const { folder, absent } = dataFolder("chat-templates");

function readCases(): ChatCase[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return files.flatMap(
    (name) => JSON.parse(readFileSync(path.join(folder, name), "utf8")).cases as ChatCase[],
  );
}

/** What is rendered, or the error's class. */
function outcome({ template, messages, tools, variables, ...options }: ChatCase): string {
  const file = path.join(folder, `${template}.jinja`);
  const render = createChatTemplate({ file, text: readFileSync(file, "utf8") }, {}, "tokenizer_config.json");
  try {
    return render(messages, {
      addGenerationPrompt: options.add_generation_prompt,
      continueFinalMessage: options.continue_final_message,
      tools,
      variables,
    });
  } catch (error) {
    if (!(error instanceof GpgradError)) {
      throw error;
    }
    return error.name;
  }
}

const templates = absent ? [] : [...new Set(readCases().map(({ template }) => template))];

it.skipIf(absent)("there are recorded cases", () => {
  expect(templates).not.toEqual([]);
});

it.each(templates)("%s renders as in transformers", (template) => {
  const cases = readCases().filter((one) => one.template === template);
  const found = cases
    .map((one) => ({ id: one.id, got: outcome(one), want: one.expected ?? "ModelError" }))
    .filter(({ got, want }) => got !== want);
  console.log(`${template}: ${found.length} disagreements in ${cases.length} cases`);
  expect(found).toEqual([]);
});
