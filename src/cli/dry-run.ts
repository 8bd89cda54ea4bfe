import type { MemoryEstimate } from "../compute/local/memory-estimate.ts";
import { preflight } from "./doctor/preflight.ts";
import { formatBytes } from "./format.ts";
import { memoryLimit, predictMemory } from "./predicted-memory.ts";
import { prepareRun } from "./prepared-run.ts";
import type { Recipe } from "./run-config.ts";
import { chooseRunFolder } from "./run-output.ts";
import { silence, type Terminal, writeJson } from "./terminal.ts";

const rows: readonly (readonly [keyof MemoryEstimate, string])[] = [
  ["weights", "weights"],
  ["gradients", "gradients"],
  ["optimizer", "optimizer state"],
  ["activations", "activations"],
  ["caches", "key-value caches"],
  ["program", "program"],
  ["total", "predicted peak"],
];

/** Makes the checks that `train` makes before any work and tells what the run will take; throws where it would refuse. */
export async function dryRun(
  given: Recipe,
  { json, resume }: { json?: true; resume?: true },
  terminal: Terminal,
): Promise<void> {
  const warn = (message: string): void => void terminal.errors.write(`warning: ${message}\n`);
  const run = await prepareRun(given, { warn, progress: json ? silence : terminal.errors });
  const estimate = predictMemory(run, run.recipe);
  const limit = memoryLimit();
  if (json) {
    writeJson(terminal.output, { type: "memory", ...estimate, limit });
  } else {
    const width = Math.max(...rows.map(([, words]) => words.length)) + 2;
    for (const [part, words] of rows) {
      terminal.output.write(`${words.padEnd(width)}${formatBytes(estimate[part])}\n`);
    }
    terminal.output.write(`${"this machine".padEnd(width)}${formatBytes(limit)}\n`);
  }
  await preflight(
    run,
    { kind: "train", runFolder: chooseRunFolder(run.recipe, { resume: resume === true }) },
    warn,
  );
}
