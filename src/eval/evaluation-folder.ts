import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { isTemporaryName, writeFileAtomically, writing } from "../atomic-file.ts";
import { shown } from "../error-text.ts";
import { CheckpointError, ConfigError, errorMessage } from "../errors.ts";
import type { FlatValues } from "../flatten.ts";
import { firstDifference } from "../settings-difference.ts";

/** Where everything of an evaluation lies. */
export interface EvaluationPaths {
  settings: string;
  results: string;
  table: string;
  /** Of one benchmark: a line for each finished problem, and its completions as parquet. */
  journal(benchmark: string): string;
  completions(benchmark: string): string;
}

export function evaluationPaths(folder: string): EvaluationPaths {
  return {
    settings: path.join(folder, "settings.json"),
    results: path.join(folder, "results.json"),
    table: path.join(folder, "table.md"),
    journal: (benchmark) => path.join(folder, "journal", `${benchmark}.jsonl`),
    completions: (benchmark) => path.join(folder, "completions", `${benchmark}.parquet`),
  };
}

/** Removes what a killed process left half-written. Nobody else may be writing. */
export function removeLeftovers(folder: string): void {
  for (const directory of [folder, path.join(folder, "completions")]) {
    const names = existsSync(directory) ? readdirSync(directory) : [];
    for (const name of names.filter(isTemporaryName)) {
      rmSync(path.join(directory, name), { force: true });
    }
  }
}

/** Makes the folder, which may hold an evaluation. Throws ConfigError for one that holds anything else. */
export function makeEvaluationFolder(folder: string): void {
  const { settings } = evaluationPaths(folder);
  writing(folder, () => {
    mkdirSync(folder, { recursive: true });
    const other = readdirSync(folder).find((name) => name !== "journal" && !/^(\.|lock-)/.test(name));
    if (other !== undefined && !existsSync(settings)) {
      throw new ConfigError(
        `${folder} holds no evaluation, but ${shown(other)}; choose another folder with --output`,
      );
    }
    mkdirSync(path.join(folder, "journal"), { recursive: true });
  });
}

/**
 * Writes the settings of a new evaluation, or finds those of the one that is there to be the same. Throws ConfigError that
 * names the first difference.
 */
export function claimSettings(folder: string, settings: FlatValues): void {
  const { settings: file } = evaluationPaths(folder);
  if (!existsSync(file)) {
    writeFileAtomically(file, `${JSON.stringify(settings, null, 2)}\n`);
    return;
  }
  const difference = firstDifference(readJson(file) as FlatValues, settings);
  if (difference !== null) {
    const { name, before, now } = difference;
    throw new ConfigError(
      `${folder} holds an evaluation with ${name} ${before}, this one has ${now}; set it back, or choose another folder with --output`,
    );
  }
}

/** Throws CheckpointError for a file that is no JSON object. */
export function readJson(file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CheckpointError(`${file} cannot be read: ${errorMessage(error)}; evaluate into another folder`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CheckpointError(`${file} is no JSON object; evaluate into another folder`);
  }
  return value as Record<string, unknown>;
}
