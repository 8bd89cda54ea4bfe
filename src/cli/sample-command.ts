import type { Command } from "commander";
import {
  addCommonOptions,
  type CommonOptions,
  collect,
  numberBetween,
  wholeNumber,
} from "./common-options.ts";
import type { Terminal } from "./terminal.ts";

interface SampleCommandOptions extends CommonOptions {
  prompt: string;
  chat?: true;
  count: number;
  temperature?: number;
  topK: number;
  topP: number;
  minP: number;
  repetitionPenalty: number;
  maxTokens?: number;
  stop?: string[];
  seed: number;
}

export function addSampleCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("sample")
    .description("Let a model continue a prompt.")
    .argument(
      "<model>",
      "model folder, run folder (its latest checkpoint), or ORG/NAME[@REVISION] on the hub",
    )
    .requiredOption("--prompt <text>", "what the model is given")
    .option("--chat", "give the prompt as a user's message through the model's chat template")
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
      "cut completions after n tokens (default: 256, or what the model has room for)",
      wholeNumber(1),
    )
    .option("--stop <text>", "end where the completion holds this; may be given several times", collect)
    .option("--seed <n>", "of the draws", wholeNumber(0), 0);
  addCommonOptions(command).action((model: string, options: SampleCommandOptions) =>
    runSample(model, options, terminal),
  );
}

async function runSample(model: string, options: SampleCommandOptions, terminal: Terminal): Promise<void> {
  const { locateModel } = await import("./model-location.ts");
  const { silence, writeJson } = await import("./terminal.ts");
  const { modelFolder } = await locateModel(model, options.json ? silence : terminal.errors);
  const { startLocalBackend } = await import("../compute/local/index.ts");
  const { prompt, count, chat, stop = [], seed, topK, topP, minP, repetitionPenalty } = options;
  const temperature = options.temperature ?? (count === 1 ? 0 : 1);
  const backend = await startLocalBackend({ model: modelFolder });
  for (const warning of backend.model.warnings) {
    terminal.errors.write(`warning: ${warning}\n`);
  }
  try {
    const { codec, sampler } = backend;
    const promptTokenIds = codec.encodePrompt(chat ? [{ role: "user", content: prompt }] : prompt);
    const room = backend.model.maxPositions - promptTokenIds.length;
    const maxTokens = options.maxTokens ?? Math.max(1, Math.min(256, room));
    const [completions] = await sampler.sample([{ promptTokenIds, count, seed }], {
      temperature,
      topK,
      topP,
      minP,
      repetitionPenalty,
      maxTokens,
      stop,
    });
    completions!.forEach(({ tokenIds, logprobs, finishReason }, index) => {
      const completion = codec.decode(tokenIds);
      if (options.json) {
        const logprob = logprobs.reduce((sum, each) => sum + each, 0);
        const tokens = tokenIds.length;
        writeJson(terminal.output, { prompt, completion, finishReason, tokens, logprob });
      } else {
        const heading = count === 1 ? "" : `--- ${index + 1} of ${count}\n`;
        terminal.output.write(`${heading}${chat ? "" : prompt}${completion}\n`);
      }
    });
  } finally {
    await backend.close();
  }
}
