import { type Command, Option } from "commander";
import type { BenchmarkOptions } from "./benchmark/evaluation-options.ts";
import { perBenchmark } from "./benchmark/per-benchmark.ts";
import {
  addCommonOptions,
  baseOption,
  type CommonOptions,
  collect,
  numberBetween,
  seed,
  wholeNumber,
} from "./common-options.ts";
import type { HeldOutOptions } from "./evaluate-held-out.ts";
import type { Terminal } from "./terminal.ts";

type EvalCommandOptions = CommonOptions &
  HeldOutOptions &
  Omit<BenchmarkOptions, "benchmark"> & {
    benchmark?: string;
    compare?: string[];
    grader?: "gpgrad" | "upstream";
  };

export function addEvalCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("eval")
    .description("Measure a model on the held-out problems of a task, or on benchmarks; compare two results.")
    .argument(
      "[model]",
      "run folder (its latest checkpoint and its recipe), model folder, adapter folder, or ORG/NAME[@REVISION] on the hub",
    )
    .option("--seed <n>", "of the task, or of the draws", seed)
    .option("--base <model>", baseOption);
  command
    .optionsGroup("Held-out problems of a task, greedily:")
    .option("--recipe <file>", "recipe whose task and limits to use; needed for any model but a run")
    .option("--problems <n>", "number of held-out problems (default: the recipe's)", wholeNumber(1))
    .option("--set <key=value>", "replace a value of the recipe; may be given several times", collect);
  command
    .optionsGroup("Benchmarks:")
    .option(
      "--benchmark <names>",
      "aime24, math-500, amc23, minerva, olympiadbench, gsm8k, with commas between",
    )
    .option(
      "--data <dir|name=path>",
      "folder with the rows of benchmarks, or the rows of one; may be given several times (default: the hub)",
      collect,
    )
    .option("--template <name>", "chat-boxed, plain-boxed, qwen-boxed, r1 or none (default: by the model)")
    .option(
      "--samples <n>",
      "completions a problem; like the next three also NAME=N, for one benchmark (default: by the benchmark)",
      perBenchmark(wholeNumber(1)),
    )
    .option(
      "--temperature <t>",
      "0 takes the likeliest token (default: 0.6)",
      perBenchmark(numberBetween(0, Number.POSITIVE_INFINITY)),
    )
    .option(
      "--top-p <p>",
      "keep the smallest set of this probability (default: 0.95)",
      perBenchmark(numberBetween(0, 1)),
    )
    .option(
      "--max-tokens <n>",
      "cut completions after n tokens (default: 32768, or what the longest prompt leaves)",
      perBenchmark(wholeNumber(1)),
    )
    .option("--limit <n>", "only the first n problems of each benchmark", wholeNumber(1))
    .addOption(
      new Option(
        "--long-prompts <what>",
        "what prompts do that leave too little room (default: refuse)",
      ).choices(["refuse", "skip"]),
    )
    .option("--output <dir>", "where results go, and an evaluation goes on (default: runs/eval-MODEL)");
  command
    .optionsGroup("Comparison:")
    .option("--compare <folders...>", "two output folders of --benchmark, instead of a model")
    .addOption(
      new Option("--grader <name>", "whose verdicts to compare (default: gpgrad)").choices([
        "gpgrad",
        "upstream",
      ]),
    )
    .optionsGroup("Options:");
  addCommonOptions(command).action((model: string | undefined, options: EvalCommandOptions) =>
    runEval(model, options, terminal),
  );
}

const ofHeldOut = ["recipe", "problems", "set"] as const;
const ofBenchmarks = [
  ...["data", "template", "samples", "temperature", "topP", "maxTokens", "limit", "longPrompts", "output"],
] as const;

async function runEval(
  model: string | undefined,
  options: EvalCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const { ConfigError } = await import("../errors.ts");
  const { benchmark, compare, grader, ...others } = options;
  const refuse = (names: readonly string[], reason: string): void => {
    const given = names.find((name) => (options as Record<string, unknown>)[name] !== undefined);
    if (given !== undefined) {
      throw new ConfigError(
        `--${given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${reason}`,
      );
    }
  };
  if (compare !== undefined) {
    refuse([...ofHeldOut, ...ofBenchmarks, "benchmark", "base"], "says nothing to --compare; leave it out");
    const [first, second, ...more] = model === undefined ? compare : [model, ...compare];
    if (first === undefined || second === undefined || more.length > 0) {
      throw new ConfigError(`--compare takes two folders, not ${compare.length}; give --compare A B`);
    }
    const { compareFolders } = await import("./benchmark/compare-folders.ts");
    compareFolders(first, second, { ...others, ...(grader && { grader }) }, terminal);
    return;
  }
  refuse(["grader"], "is for --compare; results have the verdicts of both graders");
  if (model === undefined) {
    throw new ConfigError("give a MODEL to evaluate, or two folders with --compare A B");
  }
  if (benchmark !== undefined) {
    refuse(ofHeldOut, "is for the held-out problems of a task; leave it or --benchmark out");
    const { evaluateBenchmarks } = await import("./benchmark/evaluate-benchmarks.ts");
    await evaluateBenchmarks(model, { ...others, benchmark }, terminal);
    return;
  }
  refuse(ofBenchmarks, "is for benchmarks; name some with --benchmark, or leave it out");
  const { evaluateHeldOut } = await import("./evaluate-held-out.ts");
  await evaluateHeldOut(model, options, terminal);
}
