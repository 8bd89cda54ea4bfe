import type { Command } from "commander";
import { addCommonOptions, baseOption, type CommonOptions, collect } from "./common-options.ts";
import type { Terminal } from "./terminal.ts";

interface GradientsCommandOptions extends CommonOptions {
  rollouts: string;
  recipe?: string;
  loss?: string[];
  base?: string;
  set?: string[];
}

export function addGradientsCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("gradients")
    .description("Compare the gradients that different losses have on the same stored rollouts.")
    .argument(
      "<model>",
      "run folder (its latest checkpoint), checkpoint, model folder, adapter folder or ORG/NAME on the hub",
    )
    .requiredOption("--rollouts <file>", "a run's rollouts/step-*.parquet")
    .option("--loss <name>", "measure only this loss; may be given several times", collect)
    .option("--recipe <file>", "recipe of the rollouts (default: that of the run they lie in)")
    .option("--base <model>", baseOption)
    .option("--set <key=value>", "replace a value of the recipe; may be given several times", collect);
  addCommonOptions(command).action((model: string, options: GradientsCommandOptions) =>
    runGradients(model, options, terminal),
  );
}

async function runGradients(
  model: string,
  options: GradientsCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const { compareGradients } = await import("./gradients/compare-gradients.ts");
  const { gradientTables } = await import("./gradients/report.ts");
  const { silence, writeJson } = await import("./terminal.ts");
  const progress = options.json ? silence : terminal.errors;
  const { report, groups, completions, weights } = await compareGradients(model, {
    ...options,
    progress,
    warn: (message) => void terminal.errors.write(`warning: ${message}\n`),
  });
  if (options.json) {
    for (const loss of report.losses) {
      writeJson(terminal.output, { type: "loss", ...loss });
    }
    const { cosines, groupCosines } = report;
    writeJson(terminal.output, {
      type: "cosines",
      model: weights,
      groups,
      completions,
      losses: report.losses.map(({ name }) => name),
      cosines,
      groupCosines,
    });
  } else {
    terminal.output.write(
      `${weights}: ${groups} groups, ${completions} completions\n\n${gradientTables(report)}`,
    );
  }
}
