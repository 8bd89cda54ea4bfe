import type { Command } from "commander";
import { addCommonOptions, type CommonOptions, collect, seed } from "./common-options.ts";
import type { Terminal } from "./terminal.ts";

interface DoctorCommandOptions extends CommonOptions {
  model?: string;
  output?: string;
  seed?: number;
  set?: string[];
}

export function addDoctorCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("doctor")
    .description(
      "Look for what would waste a run: end tokens, template, prompts, gold answers, memory, disk.",
    )
    .argument("<recipe>", "YAML file, see docs/recipes.md")
    .option(
      "--model <model>",
      "model folder, adapter folder, run folder or ORG/NAME[@REVISION] on the hub, instead of the recipe's",
    )
    .option("--output <dir>", "run folder that the run would have")
    .option("--seed <n>", "of fresh weights, generated problems and their order", seed)
    .option("--set <key=value>", "replace a value of the recipe; may be given several times", collect);
  addCommonOptions(command).action((recipe: string, options: DoctorCommandOptions) =>
    runDoctor(recipe, options, terminal),
  );
}

async function runDoctor(file: string, options: DoctorCommandOptions, terminal: Terminal): Promise<void> {
  const { PreflightError } = await import("../errors.ts");
  const { loadRecipe } = await import("./recipe.ts");
  const { chooseRunFolder } = await import("./run-output.ts");
  const { diagnose } = await import("./doctor/diagnosis.ts");
  const { silence, writeJson } = await import("./terminal.ts");
  const { plural } = await import("./format.ts");
  const recipe = await loadRecipe(
    file,
    options,
    (message) => void terminal.errors.write(`warning: ${message}\n`),
  );
  const diagnosis = await diagnose(recipe, {
    runFolder: chooseRunFolder(recipe, { resume: false }),
    progress: options.json ? silence : terminal.errors,
  });
  if (options.json) {
    writeJson(terminal.output, diagnosis);
  } else {
    const { diagnosisReport } = await import("./doctor/report.ts");
    terminal.output.write(diagnosisReport(diagnosis));
  }
  if (diagnosis.failures > 0) {
    throw new PreflightError(`${file}: ${plural(diagnosis.failures, "failure")} to mend before training`);
  }
}
