import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { writeFileAtomically } from "../../atomic-file.ts";
import { CheckpointError, ConfigError, errorMessage } from "../../errors.ts";
import { type FlatValues, flatten } from "../../flatten.ts";
import { firstDifference } from "../../settings-difference.ts";
import { holdsRun, runPaths } from "../../trainer/run-folder.ts";
import { writeRecipe } from "../recipe.ts";
import type { Recipe } from "../run-config.ts";
import type { ComparisonPlan } from "./plan.ts";

/** What a comparison was begun with, by the dotted names of its settings. */
interface ComparisonRecord {
  version: 1;
  seeds: readonly number[];
  base: FlatValues;
  arms: Readonly<Record<string, FlatValues>>;
}

const recordFile = (folder: string): string => path.join(folder, "comparison.json");

/**
 * Records what a new comparison is made of, or throws a ConfigError that names what changed since its folder was begun.
 * Further arms and seeds are no change to what is there.
 */
export function recordComparison(plan: ComparisonPlan): void {
  const { folder, base } = plan;
  // The recipe comes first: a folder with a record but without the recipe's threads and commits would never get them again.
  if (checkComparison(plan) === null) {
    writeRecipe(runPaths(folder).recipe, base);
  }
  writeFileAtomically(recordFile(folder), `${JSON.stringify(recordOf(plan), null, 2)}\n`);
}

/** The check alone; null where the folder holds no comparison yet. */
export function checkComparison(plan: ComparisonPlan): ComparisonRecord | null {
  const { folder } = plan;
  if (holdsRun(folder)) {
    throw new ConfigError(`${folder} holds a run of its own; choose another folder with --output`);
  }
  const file = recordFile(folder);
  if (!existsSync(file)) {
    return null;
  }
  const before = readRecord(file);
  const now = recordOf(plan);
  const refuse = (name: string, was: string, is: string): never => {
    throw new ConfigError(
      `${folder} was begun with ${name} ${was}, now it is ${is}; set it back, or choose another folder with --output`,
    );
  };
  const lost = before.seeds.find((seed) => !now.seeds.includes(seed));
  if (lost !== undefined) {
    refuse("seeds", JSON.stringify(before.seeds), JSON.stringify(now.seeds));
  }
  const sections = [
    ["base", before.base, now.base],
    ...Object.keys(before.arms).map((arm) => [`arms.${arm}`, before.arms[arm], now.arms[arm]]),
  ] as [string, FlatValues, FlatValues | undefined][];
  for (const [section, was, is] of sections) {
    if (is === undefined) {
      throw new ConfigError(
        `${folder} was begun with ${section}, which is no longer there; put it back, or choose another folder with --output`,
      );
    }
    const difference = firstDifference(was, is);
    if (difference !== null) {
      refuse(`${section}.${difference.name}`, difference.before, difference.now);
    }
  }
  return before;
}

function recordOf({ config, base, arms }: ComparisonPlan): ComparisonRecord {
  return {
    version: 1,
    seeds: config.seeds,
    base: settingsOf(base),
    arms: Object.fromEntries(Object.entries(arms).map(([arm, recipe]) => [arm, settingsOf(recipe)])),
  };
}

/** Without what changes no more than speed and last bits. */
export function settingsOf({ name, seed, output, compute, checkpoint, ...recipe }: Recipe): FlatValues {
  return flatten(recipe);
}

function readRecord(file: string): ComparisonRecord {
  try {
    const record = JSON.parse(readFileSync(file, "utf8")) as ComparisonRecord;
    if (record.version === 1) {
      return record;
    }
    throw new Error(`its version is ${record.version}`);
  } catch (error) {
    throw new CheckpointError(
      `${file}: it cannot be read: ${errorMessage(error)}; choose another folder with --output`,
    );
  }
}
