import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { errorMessage, ModelError } from "../errors.ts";

/** A chat template and the file it stands in. */
export interface ChatTemplateSource {
  file: string;
  text: string;
  /** The template for conversations with tools, where the model has one of its own. */
  textForTools?: string;
}

export interface TokenizerFiles {
  tokenizerFile: string;
  tokenizer: Record<string, unknown>;
  configFile: string;
  config: Record<string, unknown>;
  chatTemplate: ChatTemplateSource | null;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ModelError(`cannot read ${file}: ${errorMessage(error)}`);
  }
}

function readObject(directory: string, name: string): Record<string, unknown> {
  const file = path.join(directory, name);
  if (!existsSync(file)) {
    throw new ModelError(`${directory} has no ${name}; copy it from where the model came from`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(readText(file));
  } catch (error) {
    if (error instanceof ModelError) {
      throw error;
    }
    throw new ModelError(`${file} is not JSON (${errorMessage(error)}); copy it again`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new ModelError(`${file} must hold a JSON object; copy it again`);
  }
  return parsed as Record<string, unknown>;
}

/** A template is a string, or a list of named ones of which `default` is the one for chats. */
function defaultTemplate(value: unknown, file: string): ChatTemplateSource | null {
  if (value === undefined || value === null) {
    return null;
  }
  if (typeof value === "string") {
    return { file, text: value };
  }
  const named = Array.isArray(value) ? (value as ({ name?: unknown; template?: unknown } | null)[]) : [];
  const chosen = named.find((entry) => entry?.name === "default")?.template;
  if (typeof chosen !== "string") {
    throw new ModelError(
      `${file}: chat_template must be a string, or a list with an entry named default; give it one of these`,
    );
  }
  return { file, text: chosen };
}

/** Newer folders have the template in a file of its own, older ones in a JSON file. */
function readChatTemplate(directory: string, config: Record<string, unknown>): ChatTemplateSource | null {
  const own = path.join(directory, "chat_template.jinja");
  if (existsSync(own)) {
    return { file: own, text: readText(own) };
  }
  const inConfig = defaultTemplate(config.chat_template, path.join(directory, "tokenizer_config.json"));
  const processorFile = "chat_template.json";
  if (inConfig === null && existsSync(path.join(directory, processorFile))) {
    const { chat_template: template } = readObject(directory, processorFile);
    return defaultTemplate(template, path.join(directory, processorFile));
  }
  return inConfig;
}

/** Reads what a model folder says about its tokenizer. */
export function readTokenizerFiles(directory: string): TokenizerFiles {
  if (!existsSync(directory)) {
    throw new ModelError(`no model folder at ${directory}; give the path of a Hugging Face model folder`);
  }
  const tokenizer = readObject(directory, "tokenizer.json");
  const config = readObject(directory, "tokenizer_config.json");
  return {
    tokenizerFile: path.join(directory, "tokenizer.json"),
    tokenizer,
    configFile: path.join(directory, "tokenizer_config.json"),
    config,
    chatTemplate: readChatTemplate(directory, config),
  };
}
