import { createHash } from "node:crypto";
import path from "node:path";
import { describeModel, type ModelDescription } from "../../compute/local/local-model.ts";
import { ConfigError } from "../../errors.ts";
import type { Benchmark, BenchmarkSettings } from "../../eval/benchmarks/benchmark.ts";
import { fitPrompts } from "../../eval/benchmarks/fit-prompts.ts";
import { defaultTemplate, findTemplate, type PromptTemplate } from "../../eval/benchmarks/prompt-template.ts";
import { findBenchmark } from "../../eval/benchmarks/registry.ts";
import type { BenchmarkPrompt } from "../../eval/sample-benchmark.ts";
import type { FlatValues } from "../../flatten.ts";
import type { Message } from "../../pipeline.ts";
import { readBenchmark } from "../../tasks/benchmark/read-benchmark.ts";
import { locateModel, type ModelLocation, modelSource } from "../model-location.ts";
import type { TextOutput } from "../terminal.ts";
import { type GivenData, locateBenchmark, parseData } from "./benchmark-source.ts";
import type { BenchmarkOptions } from "./evaluation-options.ts";
import { modelFingerprint } from "./model-fingerprint.ts";
import { checkNames, numberFor } from "./per-benchmark.ts";

/** All of an evaluation that can be known before the weights are read. */
export interface EvaluationPlan {
  location: ModelLocation;
  description: ModelDescription;
  /** Of the model, as tables have it. */
  name: string;
  template: string;
  stop: readonly string[];
  seed: number;
  folder: string;
  settings: FlatValues;
  benchmarks: readonly PlannedBenchmark[];
}

export interface PlannedBenchmark {
  name: string;
  benchmark: Benchmark;
  /** Where its rows come from; with the commit where that is the hub. */
  data: string;
  settings: BenchmarkSettings;
  prompts: readonly PlannedPrompt[];
  /** Ids of problems whose prompts are too long. */
  skipped: readonly string[];
}

export interface PlannedPrompt extends BenchmarkPrompt {
  prompt: string | readonly Message[];
}

export interface PlanContext {
  progress: TextOutput;
  warn: (message: string) => void;
}

/** Throws ConfigError, DataError or ModelError for what cannot be evaluated as asked. */
export async function planEvaluation(
  model: string,
  options: BenchmarkOptions,
  context: PlanContext,
): Promise<EvaluationPlan> {
  const names = parseNames(options.benchmark);
  const given = parseData(options.data ?? [], names);
  checkNames("--samples", options.samples, names);
  checkNames("--temperature", options.temperature, names);
  checkNames("--top-p", options.topP, names);
  checkNames("--max-tokens", options.maxTokens, names);
  const chosen = options.template && findTemplate(options.template);
  const location = await locateModel(model, context.progress, { base: options.base });
  const description = describeModel(modelSource(location));
  const template =
    options.template ?? defaultTemplate({ hasChatTemplate: description.chatTemplate !== null });
  const { needsChatTemplate, stop } = chosen || findTemplate(template);
  if (needsChatTemplate && description.chatTemplate === null) {
    throw new ConfigError(
      `--template ${template}: ${location.name} has no chat template; choose plain-boxed, or another that needs none`,
    );
  }
  const { seed = 0 } = options;
  const name = shortName(location);
  const benchmarks: PlannedBenchmark[] = [];
  for (const benchmark of names) {
    benchmarks.push(
      await planBenchmark(benchmark, options, findTemplate(template), description, given, context),
    );
  }
  const { modelFolder, adapterFolder } = location;
  const folders = [modelFolder, ...(adapterFolder === null ? [] : [adapterFolder])];
  return {
    location,
    description,
    template,
    stop,
    seed,
    name,
    folder: options.output ?? `runs/eval-${name}`,
    settings: {
      version: 1,
      hashOfModel: modelFingerprint(folders),
      template,
      seed,
      benchmarks: names.join(","),
      ...Object.assign({}, ...benchmarks.map(settingsOf)),
    },
    benchmarks,
  };
}

function parseNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  for (const [index, name] of names.entries()) {
    findBenchmark(name);
    if (names.indexOf(name) < index) {
      throw new ConfigError(`--benchmark ${text}: ${name} stands there twice; leave one of them out`);
    }
  }
  return names;
}

async function planBenchmark(
  name: string,
  options: BenchmarkOptions,
  { render }: PromptTemplate,
  { codec, model }: ModelDescription,
  given: GivenData,
  { progress, warn }: PlanContext,
): Promise<PlannedBenchmark> {
  const benchmark = findBenchmark(name);
  const { defaults, rules } = benchmark;
  const { source, recorded } = await locateBenchmark(name, benchmark, given, progress);
  const problems = readBenchmark({ name, source, rules }, warn);
  if (problems.length !== benchmark.problems) {
    warn(
      `${name}: ${recorded} has ${problems.length} problems, the benchmark ${benchmark.problems}; results are not comparable with published ones`,
    );
  }
  const unsolved = rules.answers === "solution" ? problems.filter(({ isSolved }) => !isSolved).length : 0;
  if (unsolved > 0) {
    const reason = benchmark.withoutSolutions === undefined ? "" : `: ${benchmark.withoutSolutions}`;
    warn(`${name}: ${unsolved} problems of ${recorded} have no worked solution${reason}`);
  }
  const prompts = problems.slice(0, options.limit).map((problem) => {
    const prompt = render(problem.question);
    return { problem, prompt, tokenIds: codec.encodePrompt(prompt) };
  });
  const askedTokens = numberFor(name, options.maxTokens);
  const { maxTokens, kept, skipped } = fitPrompts({
    benchmark: name,
    items: prompts,
    id: ({ problem }) => problem.id,
    length: ({ tokenIds }) => tokenIds.length,
    maxPositions: model.dimensions.maxPositions,
    maxTokens: askedTokens === undefined ? { usual: defaults.maxTokens } : { asked: askedTokens },
    longPrompts: options.longPrompts ?? "refuse",
  });
  return {
    name,
    benchmark,
    data: recorded,
    settings: {
      samples: numberFor(name, options.samples) ?? defaults.samples,
      temperature: numberFor(name, options.temperature) ?? defaults.temperature,
      topP: numberFor(name, options.topP) ?? defaults.topP,
      maxTokens,
    },
    prompts: kept,
    skipped: skipped.map(({ problem }) => problem.id),
  };
}

/** The prompts' tokens stand for tokenizer and chat template too. */
function settingsOf({ name, settings, prompts }: PlannedBenchmark): FlatValues {
  const hash = createHash("sha256");
  for (const { problem, tokenIds } of prompts) {
    hash.update(`${JSON.stringify([problem.id, problem.key, tokenIds])}\n`);
  }
  return {
    [`${name}.samples`]: settings.samples,
    [`${name}.temperature`]: settings.temperature,
    [`${name}.topP`]: settings.topP,
    [`${name}.maxTokens`]: settings.maxTokens,
    [`${name}.problems`]: prompts.length,
    [`${name}.hashOfProblemsAndPrompts`]: hash.digest("hex").slice(0, 16),
  };
}

/** The last part of a name on the hub or of a folder; of a checkpoint, the run's too. */
function shortName({ name }: ModelLocation): string {
  const parts = path.resolve(name.replace(/@[^@/]*$/, "")).split(path.sep);
  const last = parts.at(-1)!;
  return parts.at(-2) === "checkpoints" && parts.length > 2 ? `${parts.at(-3)}-${last}` : last;
}
