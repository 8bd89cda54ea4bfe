import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { errorMessage, ModelError } from "../errors.ts";
import { readJsonObject } from "../json-object-file.ts";
import { valueAt } from "../value-at.ts";
import {
  checkTokenizer,
  checkTokenizerConfig,
  type TokenizerConfig,
  type TokenizerJson,
} from "./tokenizer-schema.ts";

/** A chat template and the file it stands in. */
export interface ChatTemplateSource {
  file: string;
  text: string;
  /** The template for conversations with tools, where the model has one of its own. */
  textForTools?: string;
}

export interface TokenizerFiles {
  tokenizerFile: string;
  tokenizer: TokenizerJson;
  configFile: string;
  config: TokenizerConfig;
  chatTemplate: ChatTemplateSource | null;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ModelError(`cannot read ${file}: ${errorMessage(error)}`);
  }
}

/**
 * A template is a string, or a list of named ones: `default` is for chats, `tool_use` for those with tools. Processors
 * write them as an object.
 */
function namedTemplates(value: unknown, file: string): ChatTemplateSource | null {
  if (value === undefined || value === null) {
    return null;
  }
  if (typeof value === "string") {
    return { file, text: value };
  }
  const entries = (Array.isArray(value) ? value : []) as ({ name?: unknown; template?: unknown } | null)[];
  const template = (name: string): unknown =>
    Array.isArray(value) ? entries.find((entry) => entry?.name === name)?.template : valueAt(value, [name]);
  const [text, textForTools] = [template("default"), template("tool_use")];
  if (typeof text !== "string") {
    throw new ModelError(
      `${file}: chat_template must be a string, or a list with an entry named default; give it one of these`,
    );
  }
  return { file, text, ...(typeof textForTools === "string" && { textForTools }) };
}

/**
 * Newer folders have the template in a file of its own. In older folders of vision models that of the processor, which
 * takes images, goes before the tokenizer's.
 */
function readChatTemplate(directory: string, config: TokenizerConfig): ChatTemplateSource | null {
  const own = path.join(directory, "chat_template.jinja");
  if (existsSync(own)) {
    return { file: own, text: readText(own) };
  }
  const processorFile = path.join(directory, "chat_template.json");
  if (existsSync(processorFile)) {
    const processor = readJsonObject(processorFile);
    const template = namedTemplates(processor.chat_template, processorFile);
    if (template !== null) {
      return template;
    }
  }
  return namedTemplates(config.chat_template, path.join(directory, "tokenizer_config.json"));
}

/** Reads what a model folder says about its tokenizer. */
export function readTokenizerFiles(directory: string): TokenizerFiles {
  if (!existsSync(directory)) {
    throw new ModelError(`no model folder at ${directory}; give the path of a Hugging Face model folder`);
  }
  const tokenizerFile = path.join(directory, "tokenizer.json");
  const configFile = path.join(directory, "tokenizer_config.json");
  const tokenizer = readJsonObject(tokenizerFile);
  const config = checkTokenizerConfig(readJsonObject(configFile), configFile);
  return {
    tokenizerFile,
    tokenizer: checkTokenizer(tokenizer, tokenizerFile),
    configFile,
    config,
    chatTemplate: readChatTemplate(directory, config),
  };
}
