import type { Command } from "commander";
import { addCommonOptions, type CommonOptions, wholeNumber } from "./common-options.ts";
import type { Terminal } from "./terminal.ts";

interface PushCommandOptions extends CommonOptions {
  checkpoint?: number;
  revision: string;
  base?: string;
  private?: true;
  dryRun?: true;
}

export function addPushCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("push")
    .description("Upload the model of a run to the hub, with a model card.")
    .argument("<run>", "run folder")
    .argument("<name>", "ORG/NAME on the hub; made if it is not there")
    .option("--checkpoint <step>", "of this step (default: the newest)", wholeNumber(0))
    .option("--revision <branch>", "branch to push to; made if it is not there", "main")
    .option(
      "--base <model>",
      "name of the base model on the hub, ORG/NAME[@COMMIT], where the run began from a folder",
    )
    .option("--private", "make the repository private")
    .option("--dry-run", "print the card and the files, and upload nothing");
  addCommonOptions(command).action((run: string, name: string, options: PushCommandOptions) =>
    runPush(run, name, options, terminal),
  );
}

async function runPush(
  run: string,
  name: string,
  options: PushCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const { ConfigError } = await import("../errors.ts");
  const { parseModelReference } = await import("../hub/model-reference.ts");
  const { preparePush } = await import("./prepared-push.ts");
  const { formatBytes } = await import("./format.ts");
  const { silence, writeJson } = await import("./terminal.ts");
  const { revision: branch } = options;
  const reference = parseModelReference(name);
  if (reference === null || reference.revision !== null) {
    throw new ConfigError(
      `${name} is no name for a model on the hub; give ORG/NAME, and a branch with --revision`,
    );
  }
  if (parseModelReference(`${name}@${branch}`) === null) {
    throw new ConfigError(`--revision ${branch} is no name for a branch`);
  }
  const base = options.base === undefined ? null : parseModelReference(options.base);
  if (options.base !== undefined && base === null) {
    throw new ConfigError(
      `--base ${options.base} is no name for a model on the hub; give ORG/NAME or ORG/NAME@COMMIT`,
    );
  }
  const { card, files, step } = await preparePush(run, name, { step: options.checkpoint, base });
  if (options.dryRun) {
    if (options.json) {
      const listed = files.map(({ path, size }) => ({ path, size }));
      writeJson(terminal.output, { type: "dry-run", name, revision: branch, step, card, files: listed });
    } else {
      const lines = files.map(({ path, size }) => `  ${path} · ${formatBytes(size)}\n`);
      terminal.output.write(`${card}\nfiles for ${name}@${branch}:\n  README.md\n${lines.join("")}`);
    }
    return;
  }
  const { pushModel } = await import("../hub/push-model.ts");
  const { readHubSettings } = await import("../hub/settings.ts");
  const { createTransferProgress } = await import("./transfer-progress.ts");
  const progress = createTransferProgress(options.json ? silence : terminal.errors, "upload", name);
  try {
    const { commit, url, deleted } = await pushModel(name, readHubSettings(), {
      files,
      card,
      isPrivate: options.private === true,
      branch,
      title: `Upload the model of step ${step} with gpgrad`,
      onProgress: progress.update,
    });
    progress.close();
    if (options.json) {
      const paths = ["README.md", ...files.map(({ path }) => path)];
      writeJson(terminal.output, {
        type: "result",
        name,
        revision: branch,
        step,
        commit,
        url,
        files: paths,
        deleted,
      });
    } else {
      const replaced = deleted.length > 0 ? `; it replaces ${deleted.join(", ")}` : "";
      terminal.output.write(
        `pushed step ${step} of ${run} to ${url} (${branch}, commit ${commit})${replaced}\n`,
      );
    }
  } finally {
    progress.close();
  }
}
