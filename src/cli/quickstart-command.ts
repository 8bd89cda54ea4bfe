import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { ConfigError } from "../errors.ts";
import type { RunEvent } from "../pipeline.ts";
import { addCommonOptions, type CommonOptions, collect, seed } from "./common-options.ts";
import type { Recipe } from "./run-config.ts";
import type { Terminal } from "./terminal.ts";

interface QuickstartCommandOptions extends CommonOptions {
  seed?: number;
  output?: string;
  set?: string[];
}

const recipeFile = fileURLToPath(new URL("../../recipes/quickstart.yaml", import.meta.url));

export function addQuickstartCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("quickstart")
    .description("Train a small model from nothing to good arithmetic by GPG, and show what it learned.")
    .option("--seed <n>", "of the weights, the problems and the draws", seed)
    .option("--output <dir>", "run folder (default: runs/quickstart, numbered if taken)")
    .option("--set <key=value>", "replace a value of the recipe; may be given several times", collect);
  addCommonOptions(command).action((options: QuickstartCommandOptions) => runQuickstart(options, terminal));
}

/** What it ends with is the accuracy before and after GPG. */
function checkEvaluations({ evaluate, warmStart, train }: Recipe): void {
  const way = "the quickstart tells accuracy before and after GPG";
  if (evaluate.problems === 0) {
    throw new ConfigError(`evaluate.problems is 0; ${way}: give at least 1`);
  }
  if (train.steps === 0) {
    throw new ConfigError(`train.steps is 0; ${way}: give at least 1`);
  }
  if (warmStart === null && !evaluate.atStart) {
    throw new ConfigError(`without a warm start, evaluate.atStart is false; ${way}: set it to true`);
  }
}

async function runQuickstart(options: QuickstartCommandOptions, terminal: Terminal): Promise<void> {
  const start = performance.now();
  const { loadRecipe } = await import("./recipe.ts");
  const { chooseRunFolder } = await import("./run-output.ts");
  const { openSession } = await import("./run-session.ts");
  const { trainWithProgress } = await import("./train-with-progress.ts");
  const { reportQuickstart } = await import("./quickstart-report.ts");
  const { writeJson } = await import("./terminal.ts");
  const { checkRunFolder } = await import("../trainer/run-folder.ts");
  const recipe = await loadRecipe(recipeFile, options);
  checkEvaluations(recipe);
  const runFolder = chooseRunFolder(recipe, { resume: false });
  checkRunFolder(runFolder, { resume: false });
  const warn = (message: string): void => void terminal.errors.write(`warning: ${message}\n`);
  const session = await openSession(recipe, { warn, purpose: { kind: "train", runFolder } });
  try {
    const { finished, step, totalSteps } = await trainWithProgress(session, {
      runFolder,
      resume: false,
      terminal,
      onEvent: options.json ? (event: RunEvent) => writeJson(terminal.output, event) : undefined,
    });
    const seconds = (performance.now() - start) / 1000;
    if (!finished) {
      terminal.errors.write(`stopped after step ${step} of ${totalSteps}; run folder: ${runFolder}\n`);
      return;
    }
    const { text, summary } = await reportQuickstart(session, { runFolder, seconds });
    if (options.json) {
      writeJson(terminal.output, summary);
    } else {
      terminal.output.write(text);
    }
  } finally {
    await session.close();
  }
}
