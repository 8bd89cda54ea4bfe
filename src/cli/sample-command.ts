import { type Command, Option } from "commander";
import type { LocalBackend } from "../compute/local/index.ts";
import type { Message } from "../pipeline.ts";
import {
  addCommonOptions,
  baseOption,
  type CommonOptions,
  collect,
  numberBetween,
  seed,
  wholeNumber,
} from "./common-options.ts";
import type { Terminal, TextInput } from "./terminal.ts";

/** Where `--max-tokens` does not say: for one prompt and in a chat. */
const promptTokens = 256;
const chatTokens = 1024;

interface SampleCommandOptions extends CommonOptions {
  prompt?: string;
  system?: string;
  chat?: true;
  raw?: true;
  count: number;
  temperature?: number;
  topK: number;
  topP: number;
  minP: number;
  repetitionPenalty: number;
  maxTokens?: number;
  stop?: string[];
  seed: number;
  base?: string;
}

export function addSampleCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("sample")
    .description("Let a model answer a prompt, or talk with it: without a prompt, at a terminal.")
    .argument(
      "<model>",
      "model folder, adapter folder, run folder (its latest checkpoint), or ORG/NAME[@REVISION] on the hub",
    )
    .option("--prompt <text>", "what the model is given (default: standard input, or a chat at a terminal)")
    .option("--system <text>", "system message before the conversation")
    .addOption(
      new Option("--raw", "give the prompt as it stands, without the model's chat template").conflicts(
        "chat",
      ),
    )
    .option("--chat", "insist on the chat template: an error where the model has none")
    .option("--count <n>", "completions", wholeNumber(1), 1)
    .option(
      "--temperature <t>",
      "0 takes the likeliest token (default: 0 for one completion, 1 for several)",
      numberBetween(0, Number.POSITIVE_INFINITY),
    )
    .option("--top-k <k>", "keep the k likeliest tokens, 0 keeps all", wholeNumber(0), 0)
    .option("--top-p <p>", "keep the smallest set of this probability, 1 keeps all", numberBetween(0, 1), 1)
    .option("--min-p <p>", "keep tokens of this share of the likeliest, 0 keeps all", numberBetween(0, 1), 0)
    .option(
      "--repetition-penalty <x>",
      "weakens tokens seen before, 1 does not",
      numberBetween(0.01, Number.POSITIVE_INFINITY),
      1,
    )
    .option(
      "--max-tokens <n>",
      `cut completions after n tokens (default: ${promptTokens}, in a chat ${chatTokens}, or what the model has room for)`,
      wholeNumber(1),
    )
    .option("--stop <text>", "end before this text; may be given several times", collect)
    .option("--seed <n>", "of the draws", seed, 0)
    .option("--base <model>", baseOption);
  addCommonOptions(command).action((model: string, options: SampleCommandOptions) =>
    runSample(model, options, terminal),
  );
}

async function runSample(model: string, options: SampleCommandOptions, terminal: Terminal): Promise<void> {
  const { choosePrompt } = await import("./sample-prompt.ts");
  const { locateModel, modelSource, openLocated } = await import("./model-location.ts");
  const { silence } = await import("./terminal.ts");
  const prompt = await choosePrompt(options, terminal);
  const progress = options.json ? silence : terminal.errors;
  const { startLocalBackend } = await import("../compute/local/index.ts");
  const backend = await openLocated(
    () => locateModel(model, progress, { base: options.base }),
    (location) => startLocalBackend({ model: modelSource(location) }),
  );
  for (const warning of backend.model.warnings) {
    terminal.errors.write(`warning: ${warning}\n`);
  }
  try {
    await talk(prompt, backend, options, terminal);
  } finally {
    await backend.close();
  }
}

async function talk(
  prompt: string | TextInput,
  backend: LocalBackend,
  options: SampleCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const { createResponder } = await import("./responder.ts");
  const { count, chat, raw, system, seed } = options;
  const { topK, topP, minP, repetitionPenalty, maxTokens, stop = [] } = options;
  const sampling = {
    temperature: options.temperature ?? (count === 1 ? 0 : 1),
    topK,
    topP,
    minP,
    repetitionPenalty,
    maxTokens: maxTokens ?? (typeof prompt === "string" ? promptTokens : chatTokens),
    stop,
  };
  const exact = maxTokens !== undefined;
  const respond = createResponder(backend, sampling, { exact });
  const hasTemplate = chat === true || (backend.model.hasChatTemplate && raw !== true);
  if (system !== undefined && !hasTemplate) {
    const { ModelError } = await import("../errors.ts");
    throw new ModelError(
      "--system: the model has no chat template, which a system message needs; leave it out",
    );
  }
  if (typeof prompt !== "string") {
    const { chat: runChat } = await import("./chat.ts");
    await runChat({ terminal: { ...terminal, input: prompt }, respond, hasTemplate, system, seed });
    return;
  }
  const given = hasTemplate ? conversation(prompt, system) : prompt;
  if (!hasTemplate && raw !== true && terminal.errors.isTTY) {
    terminal.errors.write("no chat template: the prompt is given to the model as plain text\n");
  }
  const { sampleOnce } = await import("./sample-once.ts");
  const { watchInterruption } = await import("./interruption.ts");
  const interruption = watchInterruption(() => undefined);
  try {
    await sampleOnce({
      prompt,
      given,
      count,
      seed,
      json: options.json === true,
      sampling,
      exact,
      respond,
      backend,
      terminal,
      signal: interruption.signal,
    });
  } finally {
    interruption.close();
  }
}

function conversation(prompt: string, system: string | undefined): Message[] {
  const user: Message = { role: "user", content: prompt };
  return system === undefined ? [user] : [{ role: "system", content: system }, user];
}
