import { existsSync } from "node:fs";
import path from "node:path";
import { chooseDataFiles } from "../datasets/choose-data-files.ts";
import { type DataSource, joinSource } from "../datasets/data-source.ts";
import { formatOfExtension } from "../datasets/format-names.ts";
import { ConfigError } from "../errors.ts";
import { parseModelReference } from "../hub/model-reference.ts";
import { readHubSettings } from "../hub/settings.ts";
import type { Recipe } from "./run-config.ts";
import type { TextOutput } from "./terminal.ts";
import { createTransferProgress } from "./transfer-progress.ts";

type TaskSection = Recipe["task"];

/** A task whose data are on this machine. */
export interface LocatedTask {
  /** As the task takes it: with the files of data sets of the hub. */
  task: TaskSection;
  /** As the recipe records it: with the commits of the hub, which name the same rows for ever. */
  recorded: TaskSection;
}

const sources = [
  ["data", "path"],
  ["heldOutData", "heldOutPath"],
] as const;

/**
 * Brings the data sets of the hub that a task names into the cache, while `output` is told how far it is. Throws
 * ConfigError, DataError or BackendError.
 */
export async function locateTaskData(task: TaskSection, output: TextOutput): Promise<LocatedTask> {
  let located: LocatedTask = { task, recorded: task };
  if (task.name !== "math") {
    return located;
  }
  for (const [section, short] of sources) {
    const given = joinSource(task[short], task[section]);
    const found = given === null ? null : await locateOnHub(given, output);
    if (found !== null) {
      const put = (to: TaskSection, source: DataSource): TaskSection => {
        const { [short]: _path, ...others } = to as Extract<TaskSection, { name: "math" }>;
        return { ...others, [section]: source };
      };
      located = { task: put(located.task, found.local), recorded: put(located.recorded, found.recorded) };
    }
  }
  return located;
}

/** Null for files and folders of this machine, and for what cannot be a name on the hub. */
export async function locateOnHub(
  source: DataSource,
  output: TextOutput,
): Promise<{ local: DataSource; recorded: DataSource } | null> {
  const { path: name, revision, config, split, format, ...others } = source;
  const reference = typeof name === "string" && isHubName(name) ? parseModelReference(name) : null;
  if (reference === null) {
    if (revision !== undefined) {
      throw new ConfigError(
        `"revision" ${revision} is for data sets of the hub, and ${JSON.stringify(name)} is none; leave it out`,
      );
    }
    return null;
  }
  const wanted = { name: reference.name, revision: reference.revision ?? revision ?? null };
  const { downloadDataset } = await import("../hub/download-dataset.ts");
  const progress = createTransferProgress(output, "download", reference.name);
  try {
    const found = await downloadDataset(wanted, readHubSettings(), {
      choose: (files, card) => chooseDataFiles(reference.name, files, card, { format, config, split }),
      onProgress: progress.update,
    });
    const kept = { ...others, ...(format && { format }) };
    return {
      local: { ...kept, path: found.files },
      recorded: {
        ...kept,
        path: reference.name,
        ...(config && { config }),
        ...(split && { split }),
        ...(found.reference.revision && { revision: found.reference.revision }),
      },
    };
  } finally {
    progress.close();
  }
}

/** `ORG/NAME`, unless there is such a file or folder or the name is plainly that of a file. */
function isHubName(name: string): boolean {
  const isFileName = Object.hasOwn(formatOfExtension, path.extname(name).slice(1).toLowerCase());
  return !existsSync(name) && !isFileName && parseModelReference(name) !== null;
}
