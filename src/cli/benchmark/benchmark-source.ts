import { existsSync } from "node:fs";
import path from "node:path";
import { type DataSource, dataSource } from "../../datasets/data-source.ts";
import { ConfigError, DataError } from "../../errors.ts";
import type { Benchmark } from "../../eval/benchmarks/benchmark.ts";
import { findBenchmark } from "../../eval/benchmarks/registry.ts";
import { locateOnHub } from "../data-location.ts";
import type { TextOutput } from "../terminal.ts";

/** Where `--data` says that rows lie. */
export interface GivenData {
  /** Looked through for every benchmark without a place of its own. */
  folders: readonly string[];
  /** By benchmark. */
  places: ReadonlyMap<string, string>;
}

/** `DIR` or `NAME=PATH`, as often as one likes. Throws ConfigError for a benchmark that is not run. */
export function parseData(given: readonly string[], benchmarks: readonly string[]): GivenData {
  const folders: string[] = [];
  const places = new Map<string, string>();
  for (const text of given) {
    const [, name, place] = /^([\w-]+)=(.+)$/.exec(text) ?? [];
    if (name === undefined || place === undefined) {
      folders.push(text);
      continue;
    }
    findBenchmark(name);
    if (!benchmarks.includes(name)) {
      throw new ConfigError(
        `--data ${text}: ${name} is not evaluated; add it to --benchmark or leave this out`,
      );
    }
    if (places.has(name)) {
      throw new ConfigError(
        `--data ${text}: ${name} has data already: ${places.get(name)}; leave one of them out`,
      );
    }
    places.set(name, place);
  }
  return { folders, places };
}

const endings = [".jsonl", ".json", ".parquet", ".csv", ".arrow", ""];
const subfolders = ["", "benchmarks", "evaluation_suite"];

/**
 * The rows of a benchmark: those at its own place, those in one of the folders, or else the hub's, which are downloaded while
 * `output` is told how far they are. Throws DataError where folders are given and none has them.
 */
export async function locateBenchmark(
  name: string,
  benchmark: Benchmark,
  { folders, places }: GivenData,
  output: TextOutput,
): Promise<{ source: DataSource; recorded: string }> {
  const { hub } = benchmark;
  const place = places.get(name) ?? findIn(name, benchmark, folders);
  const given = dataSource.parse({
    path: place ?? hub.path,
    split: hub.split,
    ...("config" in hub && { config: hub.config }),
  });
  const found = place !== null && existsSync(place) ? null : await locateOnHub(given, output);
  if (found === null) {
    return { source: given, recorded: place ?? hub.path };
  }
  const { path: repository, revision } = found.recorded;
  return { source: found.local, recorded: revision ? `${repository}@${revision}` : String(repository) };
}

function findIn(name: string, { fileNames, hub }: Benchmark, folders: readonly string[]): string | null {
  for (const folder of folders) {
    for (const subfolder of subfolders) {
      for (const fileName of fileNames) {
        for (const ending of endings) {
          const candidate = path.join(folder, subfolder, fileName + ending);
          if (existsSync(candidate)) {
            return candidate;
          }
        }
      }
    }
  }
  if (folders.length > 0) {
    throw new DataError(
      `${folders.join(", ")}: no rows of ${name} there (looked for ${fileNames.join(", ")} with ${endings.filter(Boolean).join(", ")} or as a folder); name them with --data ${name}=PATH, or leave --data out to take ${hub.path} from the hub`,
    );
  }
  return null;
}
