import type { Command } from "commander";
import { addCommonOptions, baseOption, type CommonOptions, collect, wholeNumber } from "./common-options.ts";
import type { Terminal } from "./terminal.ts";

interface EvalCommandOptions extends CommonOptions {
  recipe?: string;
  problems?: number;
  seed?: number;
  base?: string;
  set?: string[];
}

export function addEvalCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("eval")
    .description("Measure a model's greedy accuracy on the held-out problems of a task.")
    .argument(
      "<model>",
      "run folder (its latest checkpoint and its recipe), model folder, adapter folder, or ORG/NAME[@REVISION] on the hub",
    )
    .option("--recipe <file>", "recipe whose task and limits to use; needed for any model but a run")
    .option("--problems <n>", "number of held-out problems (default: the recipe's)", wholeNumber(1))
    .option("--seed <n>", "of the task", wholeNumber(0))
    .option("--base <model>", baseOption)
    .option("--set <key=value>", "replace a value of the recipe; may be given several times", collect);
  addCommonOptions(command).action((model: string, options: EvalCommandOptions) =>
    runEval(model, options, terminal),
  );
}

async function runEval(model: string, options: EvalCommandOptions, terminal: Terminal): Promise<void> {
  const { ConfigError } = await import("../errors.ts");
  const { locateModel } = await import("./model-location.ts");
  const { loadRecipe } = await import("./recipe.ts");
  const { silence, writeJson } = await import("./terminal.ts");
  const progress = options.json ? silence : terminal.errors;
  const location = await locateModel(model, progress, { base: options.base });
  const { adapterFolder, modelFolder, recipeFile, name } = location;
  const file = options.recipe ?? recipeFile;
  if (file === null) {
    throw new ConfigError(`${model}: a model alone names no task; add --recipe FILE`);
  }
  const recipe = await loadRecipe(file, {
    ...options,
    model: adapterFolder ?? modelFolder,
    // What is measured has its adapter already, if any.
    set: [...(options.set ?? []), "lora=null"],
  });
  const { evaluateSession } = await import("./evaluate-session.ts");
  const { openSession } = await import("./run-session.ts");
  const { formatDuration } = await import("./format.ts");
  const { metricsInWords, progressLine } = await import("./progress.ts");
  const warn = (message: string): void => void terminal.errors.write(`warning: ${message}\n`);
  const session = await openSession(recipe, { warn, base: options.base, purpose: { kind: "evaluate" } });
  try {
    const problems = options.problems ?? recipe.evaluate.problems;
    const start = performance.now();
    const tellProgress = ({ done, total }: { done: number; total: number }): void => {
      if (!options.json && done < total) {
        const line = progressLine(done, total, (performance.now() - start) / 1000);
        terminal.errors.write(`${line}\n`);
      }
    };
    const { results, metrics, seconds } = await evaluateSession(session, problems, warn, tellProgress);
    if (options.json) {
      for (const { problem, completion, score, scores } of results) {
        writeJson(terminal.output, {
          type: "result",
          id: problem.id,
          answer: problem.answer,
          completion,
          score,
          scores,
        });
      }
      writeJson(terminal.output, {
        type: "summary",
        model: name,
        problems: results.length,
        metrics,
        seconds,
      });
    } else {
      const lines = metricsInWords(metrics).map((words) => `  ${words}\n`);
      terminal.output.write(
        `${name}: ${results.length} held-out problems of ${session.task.name}, ${formatDuration(seconds)}\n${lines.join("")}`,
      );
    }
  } finally {
    await session.close();
  }
}
