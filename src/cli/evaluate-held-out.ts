import { ConfigError } from "../errors.ts";
import type { CommonOptions } from "./common-options.ts";
import { evaluateSession } from "./evaluate-session.ts";
import { formatDuration } from "./format.ts";
import { locateModel, type ModelLocation, openLocated } from "./model-location.ts";
import { metricsInWords, progressLine } from "./progress.ts";
import { loadRecipe } from "./recipe.ts";
import { openSession } from "./run-session.ts";
import { silence, type Terminal, writeJson } from "./terminal.ts";

/** The options of `gpgrad eval` for the held-out problems of a task. */
export interface HeldOutOptions extends CommonOptions {
  recipe?: string;
  problems?: number;
  seed?: number;
  base?: string;
  set?: string[];
}

/** Greedy accuracy of a model on the held-out problems of a task. */
export async function evaluateHeldOut(
  model: string,
  options: HeldOutOptions,
  terminal: Terminal,
): Promise<void> {
  const progress = options.json ? silence : terminal.errors;
  const warn = (message: string): void => void terminal.errors.write(`warning: ${message}\n`);
  const open = async ({ adapterFolder, modelFolder, recipeFile, name }: ModelLocation) => {
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
    const purpose = { kind: "evaluate" } as const;
    return { name, session: await openSession(recipe, { warn, base: options.base, purpose }) };
  };
  const { name, session } = await openLocated(
    () => locateModel(model, progress, { base: options.base }),
    open,
  );
  try {
    const problems = options.problems ?? session.recipe.evaluate.problems;
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
