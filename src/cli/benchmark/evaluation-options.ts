import type { CommonOptions } from "../common-options.ts";
import type { PerBenchmark } from "./per-benchmark.ts";

/** The options of `gpgrad eval` that say how benchmarks are run. */
export interface BenchmarkOptions extends CommonOptions {
  benchmark: string;
  data?: string[];
  template?: string;
  samples?: PerBenchmark;
  temperature?: PerBenchmark;
  topP?: PerBenchmark;
  maxTokens?: PerBenchmark;
  limit?: number;
  longPrompts?: "refuse" | "skip";
  seed?: number;
  base?: string;
  output?: string;
}
