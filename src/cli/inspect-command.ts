import type { Command } from "commander";
import { addCommonOptions, type CommonOptions } from "./common-options.ts";
import type { Terminal } from "./terminal.ts";

export function addInspectCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("inspect")
    .description("Tell what a model is: sizes, memory, tokenizer, chat template, end tokens, warnings.")
    .argument(
      "<model>",
      "model folder, run folder (its latest checkpoint), or ORG/NAME[@REVISION] on the hub",
    );
  addCommonOptions(command).action((model: string, options: CommonOptions) =>
    runInspect(model, options, terminal),
  );
}

async function runInspect(model: string, options: CommonOptions, terminal: Terminal): Promise<void> {
  const { ConfigError } = await import("../errors.ts");
  const { locateModel } = await import("./model-location.ts");
  const { inspectModel } = await import("./model-inspection.ts");
  const { silence, writeJson } = await import("./terminal.ts");
  const { modelFolder, adapterFolder, name } = await locateModel(
    model,
    options.json ? silence : terminal.errors,
  );
  if (adapterFolder !== null) {
    throw new ConfigError(
      `${adapterFolder} is an adapter of ${modelFolder}; inspect that, or merge the two with gpgrad merge ${model}`,
    );
  }
  const inspection = inspectModel(modelFolder, name);
  if (options.json) {
    writeJson(terminal.output, inspection);
  } else {
    const { inspectionReport } = await import("./inspection-report.ts");
    terminal.output.write(inspectionReport(inspection));
  }
}
