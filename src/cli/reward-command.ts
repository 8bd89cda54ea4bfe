import type { Command } from "commander";
import type { Score } from "../pipeline.ts";
import type { RewardSource } from "../rewards/reward-source.ts";
import { addCommonOptions, type CommonOptions, collect, numberBetween } from "./common-options.ts";
import type { RewardCase } from "./reward-case.ts";
import type { Terminal } from "./terminal.ts";

interface RewardCommandOptions extends CommonOptions {
  set?: string[];
  export?: string;
  timeLimit?: number;
}

export function addRewardCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("reward")
    .description(
      "Score completions with a reward, or a benchmark's responses with its scorer: one JSON object a line on standard input.",
    )
    .argument("<name>", "reward, evaluation scorer, or file of a reward of your own (see docs/rewards.md)")
    .option("--set <key=value>", "parameter of the reward; may be given several times", collect)
    .option("--export <name>", "what a file of your own exports (default: default)")
    .option(
      "--time-limit <seconds>",
      "of one call (default: 10)",
      numberBetween(0.001, Number.POSITIVE_INFINITY),
    );
  addCommonOptions(command).action((name: string, options: RewardCommandOptions) =>
    runReward(name, options, terminal),
  );
}

async function runReward(name: string, options: RewardCommandOptions, terminal: Terminal): Promise<void> {
  const { applyOverrides, parseOverride } = await import("./recipe-source.ts");
  const { evaluationScorerNames } = await import("../rewards/evaluation/registry.ts");
  const empty = { file: "", value: {}, locate: () => "" };
  const parameters = applyOverrides(empty, (options.set ?? []).map(parseOverride)).value;
  await (evaluationScorerNames.includes(name)
    ? runScorer(name, parameters, options, terminal)
    : scoreCases(name, parameters, options, terminal));
}

async function runScorer(
  name: string,
  parameters: unknown,
  options: RewardCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const { createEvaluationScorer } = await import("../rewards/evaluation/registry.ts");
  const { readInputRows } = await import("./json-lines-input.ts");
  const { writeJson } = await import("./terminal.ts");
  const scorer = createEvaluationScorer(name, parameters);
  const rows: Readonly<Record<string, unknown>>[] = [];
  for await (const { columns } of readInputRows(terminal.input, `rows of ${name}`)) {
    rows.push(columns);
  }
  const { values, metrics } = scorer.score(rows);
  if (options.json) {
    for (const [index, value] of values.entries()) {
      writeJson(terminal.output, { type: "score", row: index + 1, value });
    }
    writeJson(terminal.output, { type: "summary", scorer: name, rows: rows.length, metrics });
    return;
  }
  for (const [metric, value] of Object.entries(metrics)) {
    terminal.output.write(`${metric} ${value}\n`);
  }
}

/** Groups that are in the workers' hands at a time. */
const mostInFlight = 256;

async function scoreCases(
  name: string,
  parameters: unknown,
  options: RewardCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const { openReward } = await import("../rewards/open-reward.ts");
  const { readInputRows } = await import("./json-lines-input.ts");
  const { toRewardCase } = await import("./reward-case.ts");
  const source = await sourceOf(name, parameters, options);
  const reward = openReward({ name, source, timeLimit: options.timeLimit });
  const tally = createTally(name, options, terminal);
  const pending: { cases: readonly RewardCase[]; scores: Promise<readonly Score[]> }[] = [];
  const tellFirst = async (): Promise<void> => {
    const { cases, scores } = pending.shift()!;
    tally.add(cases, await scores);
  };
  const send = async (cases: readonly RewardCase[]): Promise<void> => {
    if (cases.length > 0) {
      const scores = Promise.resolve(reward.scoreGroup(cases.map(({ context }) => context)));
      // Told in the order of the input, where a failure ends the command.
      scores.catch(() => undefined);
      pending.push({ cases, scores });
    }
    if (pending.length >= mostInFlight) {
      await tellFirst();
    }
  };
  let group: RewardCase[] = [];
  for await (const row of readInputRows(terminal.input, "cases")) {
    const next = toRewardCase(row);
    if (next.group === undefined || next.group !== group[0]?.group) {
      await send(group);
      group = [];
    }
    group.push(next);
  }
  await send(group);
  while (pending.length > 0) {
    await tellFirst();
  }
  tally.end();
}

async function sourceOf(
  name: string,
  parameters: unknown,
  options: RewardCommandOptions,
): Promise<RewardSource> {
  const { ConfigError } = await import("../errors.ts");
  const path = await import("node:path");
  if (/\.[cm]?[jt]s$/.test(name)) {
    return { kind: "file", file: path.resolve(name), export: options.export ?? "default", parameters };
  }
  if (options.export !== undefined) {
    throw new ConfigError(`--export ${options.export}: ${name} is no file; give the file that exports it`);
  }
  return { kind: "registered", name, parameters };
}

function createTally(name: string, { json }: RewardCommandOptions, { output, errors }: Terminal) {
  const counts = { value: 0, unscorable: 0, timeout: 0, error: 0 };
  let sum = 0;
  return {
    add(cases: readonly RewardCase[], scores: readonly Score[]): void {
      for (const [index, score] of scores.entries()) {
        counts[score.kind]++;
        sum += score.kind === "value" ? score.value : 0;
        const { id } = cases[index]!.context.problem;
        const line = score.kind === "value" ? String(score.value) : `${score.kind}: ${score.reason}`;
        output.write(json ? `${JSON.stringify({ type: "score", id, ...score })}\n` : `${line}\n`);
      }
    },
    end(): void {
      const { value: values, unscorable, timeout: timeouts, error } = counts;
      const cases = values + unscorable + timeouts + error;
      const mean = values > 0 ? sum / values : null;
      if (json) {
        const summary = { cases, values, mean, unscorable, timeouts, errors: error };
        output.write(`${JSON.stringify({ type: "summary", reward: name, ...summary })}\n`);
        return;
      }
      const unscored =
        cases > values ? ` (${unscorable} unscorable, ${timeouts} timeouts, ${error} errors)` : "";
      errors.write(`${cases} cases, ${values} values${unscored}, mean ${mean ?? "none"}\n`);
    },
  };
}
