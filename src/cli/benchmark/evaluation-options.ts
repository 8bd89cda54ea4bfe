import type { CommonOptions } from "../common-options.ts";

/** The options of `gpgrad eval` that say how benchmarks are run. */
export interface BenchmarkOptions extends CommonOptions {
  benchmark: string;
  data?: string[];
  template?: string;
  samples?: number;
  temperature?: number;
  topP?: number;
  maxTokens?: number;
  limit?: number;
  longPrompts?: "refuse" | "skip";
  seed?: number;
  base?: string;
  output?: string;
}
