import { ConfigError } from "../../errors.ts";
import type { Translation } from "./translation.ts";
import type { UpstreamFile } from "./upstream-file.ts";
import type { TranslatedKey } from "./upstream-keys.ts";

/** `num_processes` of upstream's `accelerate` files. */
const usualProcesses = 8;

interface Rows {
  perProcess: number;
  accumulation: number;
}

/** Prompts a step: what all processes take in all accumulated batches, in groups of `num_generations`. */
export function translateBatch(file: UpstreamFile, recipe: Translation): void {
  const rows = readRows(file);
  const group = atLeastOne(file, "num_generations") ?? 8;
  const asked = atLeastOne(file, "num_processes");
  const processes = asked ?? processesFor(rows.perProcess, group);
  if ((processes * rows.perProcess) % group !== 0) {
    throw new ConfigError(
      `${file.source.locate(["num_processes"])}: ${processes} processes with per_device_train_batch_size ${rows.perProcess} make no whole groups of num_generations ${group}; set num_processes to ${processesFor(rows.perProcess, group)}`,
    );
  }
  const prompts = (processes * rows.perProcess * rows.accumulation) / group;
  if (asked === undefined) {
    recipe.note(`${processes} processes, so ${prompts} prompts a step (--set num_processes=N for others)`);
  }
  recipe.set("train.promptsPerStep", prompts, "per_device_train_batch_size");
  recipe.set("train.completionsPerPrompt", group, "num_generations");
}

/** Examples a step, where every row is one by itself. */
export function translateExamples(file: UpstreamFile, recipe: Translation): void {
  const { perProcess, accumulation } = readRows(file);
  const asked = atLeastOne(file, "num_processes");
  const rows = perProcess * accumulation * (asked ?? usualProcesses);
  if (asked === undefined) {
    recipe.note(`${usualProcesses} processes, so ${rows} examples a step (--set num_processes=N for others)`);
  }
  recipe.set("train.promptsPerStep", rows, "per_device_train_batch_size");
}

function readRows(file: UpstreamFile): Rows {
  return {
    perProcess: atLeastOne(file, "per_device_train_batch_size") ?? 8,
    accumulation: atLeastOne(file, "gradient_accumulation_steps") ?? 1,
  };
}

function atLeastOne(file: UpstreamFile, key: TranslatedKey): number | undefined {
  const value = file.whole(key);
  if (value !== undefined && value < 1) {
    throw file.refuse(key, "a whole number of at least 1");
  }
  return value;
}

/**
 * As many of the eight processes as make whole groups, as upstream demands; the devices that are left generate with vLLM.
 * More only where eight are too few for one group.
 */
function processesFor(perProcess: number, group: number): number {
  const whole = (processes: number): boolean => (processes * perProcess) % group === 0;
  for (let processes = usualProcesses; processes > 0; processes--) {
    if (whole(processes)) {
      return processes;
    }
  }
  let processes = usualProcesses;
  while (!whole(processes)) {
    processes += 1;
  }
  return processes;
}
