import type { Command } from "commander";
import { addCommonOptions, type CommonOptions, collect } from "./common-options.ts";
import type { Terminal } from "./terminal.ts";

interface CompareCommandOptions extends CommonOptions {
  model?: string;
  output?: string;
  dryRun?: true;
  set?: string[];
}

export function addCompareCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("compare")
    .description("Run several algorithms and seeds from the same start and report how they compare.")
    .argument("<comparison>", "YAML file, see docs/comparison.md")
    .option(
      "--model <model>",
      "model folder, run folder or ORG/NAME[@REVISION] on the hub, instead of the base recipe's",
    )
    .option(
      "--output <dir>",
      "folder of the comparison, which goes on where it was stopped (default: runs/NAME)",
    )
    .option("--dry-run", "list the runs, which of them are finished, and what is left to do")
    .option("--set <key=value>", "replace a value of the comparison; may be given several times", collect);
  addCommonOptions(command).action((file: string, options: CompareCommandOptions) =>
    runCompare(file, options, terminal),
  );
}

async function runCompare(file: string, options: CompareCommandOptions, terminal: Terminal): Promise<void> {
  const { loadComparison } = await import("./compare/comparison-config.ts");
  const { planComparison } = await import("./compare/plan.ts");
  const { silence, writeJson } = await import("./terminal.ts");
  const warn = (message: string): void => void terminal.errors.write(`warning: ${message}\n`);
  const config = await loadComparison(file, { ...options, warn });
  const folder = config.output ?? `runs/${config.name}`;
  const json = options.json === true;
  const progress = json ? silence : terminal.errors;
  const plan = await planComparison(config, folder, { warn, progress });
  if (options.dryRun === true) {
    const { dryRunComparison } = await import("./compare/dry-run.ts");
    return dryRunComparison(plan, { json, output: terminal.output });
  }
  const { runComparison } = await import("./compare/run-comparison.ts");
  const { report, complete } = await runComparison(plan, {
    terminal,
    progress,
    warn,
    onRun: ({ id }, { done, total, resumed }) => {
      if (json) {
        writeJson(terminal.output, { type: "run", run: id, done, total, resumed });
      } else {
        terminal.output.write(`\n${id}: run ${done + 1} of ${total}${resumed ? ", continued" : ""}\n`);
      }
    },
    onFailure: ({ run, message }) => terminal.errors.write(`${run} failed: ${message}\n`),
    onEvent: json ? ({ id }, event) => writeJson(terminal.output, { run: id, ...event }) : undefined,
  });
  await tellResult({ report, complete, folder, json }, terminal);
}

async function tellResult(
  {
    report,
    complete,
    folder,
    json,
  }: {
    report: import("./compare/report.ts").ComparisonReport;
    complete: boolean;
    folder: string;
    json: boolean;
  },
  { output }: Terminal,
): Promise<void> {
  const { BackendError } = await import("../errors.ts");
  const { reportMarkdown } = await import("./compare/report-markdown.ts");
  const { writeJson } = await import("./terminal.ts");
  const { finishedRuns, plannedRuns, failures } = report;
  if (json) {
    writeJson(output, { type: "result", folder, finishedRuns, plannedRuns, failures, arms: report.arms });
  } else if (complete) {
    output.write(`\n${reportMarkdown(report)}\nreport: ${folder}/report.md\n`);
  } else {
    output.write(
      `stopped with ${finishedRuns} of ${plannedRuns} runs finished; the same command goes on; report so far: ${folder}/report.md\n`,
    );
  }
  const [first] = failures;
  if (first !== undefined) {
    throw new BackendError(
      `${failures.length} of ${plannedRuns} runs failed, the first: ${first.run}: ${first.message}; the same command tries them again`,
    );
  }
}
