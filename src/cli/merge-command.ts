import type { Command } from "commander";
import { addCommonOptions, baseOption, type CommonOptions } from "./common-options.ts";
import type { Terminal } from "./terminal.ts";

interface MergeCommandOptions extends CommonOptions {
  output?: string;
  base?: string;
}

export function addMergeCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("merge")
    .description("Write an adapter and its base as one plain model folder, in the base's dtype.")
    .argument("<adapter>", "adapter folder, or run folder (its latest checkpoint)")
    .option("--output <dir>", "model folder to write (default: ADAPTER-merged)")
    .option("--base <model>", baseOption);
  addCommonOptions(command).action((adapter: string, options: MergeCommandOptions) =>
    runMerge(adapter, options, terminal),
  );
}

async function runMerge(model: string, options: MergeCommandOptions, terminal: Terminal): Promise<void> {
  const { existsSync } = await import("node:fs");
  const path = await import("node:path");
  const { ConfigError } = await import("../errors.ts");
  const { locateModel } = await import("./model-location.ts");
  const { silence, writeJson } = await import("./terminal.ts");
  const output = options.output ?? `${path.resolve(model)}-merged`;
  if (existsSync(output)) {
    throw new ConfigError(`${output} is there already; name another folder with --output DIR`);
  }
  const { base } = options;
  const { modelFolder, adapterFolder } = await locateModel(model, options.json ? silence : terminal.errors, {
    base,
  });
  if (adapterFolder === null) {
    throw new ConfigError(`${model} is a whole model already; merge takes an adapter folder or its run`);
  }
  const { writeMergedFolder } = await import("../compute/local/lora/merged-folder.ts");
  const layers = await writeMergedFolder({ base: modelFolder, adapter: adapterFolder }, output);
  if (options.json) {
    writeJson(terminal.output, {
      type: "result",
      folder: output,
      base: modelFolder,
      adapter: adapterFolder,
      layers,
    });
  } else {
    terminal.output.write(`merged ${layers} layers of ${adapterFolder} into ${output}\n`);
  }
}
