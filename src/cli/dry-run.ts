import type { MemoryEstimate } from "../compute/local/memory-estimate.ts";
import { preflight } from "./doctor/preflight.ts";
import { formatBytes } from "./format.ts";
import { memoryLimit, predictMemory } from "./predicted-memory.ts";
import { checkPositions, type PrepareOptions, prepareRun } from "./prepared-run.ts";
import type { Recipe } from "./run-config.ts";
import { type TextOutput, writeJson } from "./terminal.ts";

const rows: readonly (readonly [keyof MemoryEstimate, string])[] = [
  ["weights", "weights"],
  ["panels", "weights in panels"],
  ["gradients", "gradients"],
  ["optimizer", "optimizer state"],
  ["activations", "activations"],
  ["caches", "key-value caches"],
  ["program", "program"],
  ["total", "predicted peak"],
];

export interface DryRunOptions extends PrepareOptions {
  runFolder: string;
  json: boolean;
  output: TextOutput;
}

/** Makes the checks that `train` makes before any work and tells what the run will take; throws where it would refuse. */
export async function dryRun(
  given: Recipe,
  { runFolder, json, output, ...options }: DryRunOptions,
): Promise<void> {
  const run = await prepareRun(given, options);
  checkPositions(run);
  const estimate = predictMemory(run, run.recipe);
  const limit = memoryLimit();
  if (json) {
    writeJson(output, { type: "memory", ...estimate, limit });
  } else {
    const width = Math.max(...rows.map(([, words]) => words.length)) + 2;
    for (const [part, words] of rows) {
      output.write(`${words.padEnd(width)}${formatBytes(estimate[part])}\n`);
    }
    output.write(`${"this machine".padEnd(width)}${formatBytes(limit)}\n`);
  }
  await preflight(run, { kind: "train", runFolder }, options.warn);
}
