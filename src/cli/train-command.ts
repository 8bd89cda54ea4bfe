import type { Command } from "commander";
import type { RunEvent } from "../pipeline.ts";
import { addCommonOptions, type CommonOptions, collect, seed, wholeNumber } from "./common-options.ts";
import type { Terminal } from "./terminal.ts";

interface TrainCommandOptions extends CommonOptions {
  model?: string;
  output?: string;
  maxSteps?: number;
  seed?: number;
  resume?: true;
  dryRun?: true;
  set?: string[];
}

export function addTrainCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("train")
    .description("Train a model as a recipe says, into a run folder.")
    .argument("<recipe>", "YAML file, see docs/recipes.md")
    .option(
      "--model <model>",
      "model folder, run folder or ORG/NAME[@REVISION] on the hub, instead of the recipe's",
    )
    .option("--output <dir>", "run folder (default: runs/NAME, numbered if taken)")
    .option(
      "--max-steps <n>",
      "stop after n optimizer steps of the whole run, with a checkpoint",
      wholeNumber(1),
    )
    .option("--seed <n>", "of fresh weights, generated problems, their order and the draws", seed)
    .option("--resume", "continue the run in the run folder from its latest checkpoint")
    .option(
      "--dry-run",
      "check the run and predict its peak memory, without reading weights or writing anything",
    )
    .option("--set <key=value>", "replace a value of the recipe; may be given several times", collect);
  addCommonOptions(command).action((recipe: string, options: TrainCommandOptions) =>
    runTrain(recipe, options, terminal),
  );
}

async function runTrain(file: string, options: TrainCommandOptions, terminal: Terminal): Promise<void> {
  const { loadRecipe } = await import("./recipe.ts");
  const warn = (message: string): void => void terminal.errors.write(`warning: ${message}\n`);
  const given = await loadRecipe(file, options, warn);
  const { chooseRunFolder } = await import("./run-output.ts");
  const { checkRunFolder } = await import("../trainer/run-folder.ts");
  const { trainWithProgress } = await import("./train-with-progress.ts");
  const { openSession } = await import("./run-session.ts");
  const { resumedRecipe } = await import("./resumed-recipe.ts");
  const { shellArgument } = await import("./format.ts");
  const { silence, writeJson } = await import("./terminal.ts");
  const resume = options.resume === true;
  const runFolder = chooseRunFolder(given, { resume });
  checkRunFolder(runFolder, { resume });
  const recipe = resume ? await resumedRecipe(given, runFolder, warn) : given;
  const progress = options.json ? silence : terminal.errors;
  if (options.dryRun === true) {
    const { dryRun } = await import("./dry-run.ts");
    return dryRun(recipe, {
      runFolder,
      json: options.json === true,
      warn,
      progress,
      output: terminal.output,
    });
  }
  const session = await openSession(recipe, { warn, progress, purpose: { kind: "train", runFolder } });
  try {
    const result = await trainWithProgress(session, {
      runFolder,
      resume,
      ...(options.maxSteps !== undefined && { maxSteps: options.maxSteps }),
      terminal,
      onEvent: options.json ? (event: RunEvent) => writeJson(terminal.output, event) : undefined,
    });
    if (options.json) {
      writeJson(terminal.output, { type: "result", runFolder, ...result });
    } else {
      const { step, totalSteps, finished } = result;
      terminal.output.write(
        finished
          ? `run folder: ${runFolder}\ntry it: npx gpgrad sample ${shellArgument(runFolder)} --prompt TEXT\n`
          : `stopped after step ${step} of ${totalSteps}; run folder: ${runFolder}; continue with the same command and --resume --output ${shellArgument(runFolder)}\n`,
      );
    }
  } finally {
    await session.close();
  }
}
