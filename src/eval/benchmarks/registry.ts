import { lookUp } from "../../look-up.ts";
import type { Benchmark, BenchmarkSettings } from "./benchmark.ts";

/** As the README of open-r1 and `eval.sh` of open-rs run lighteval. */
const upstream: BenchmarkSettings = { samples: 1, temperature: 0.6, topP: 0.95, maxTokens: 32_768 };

/** Upstream draws one here too; of 30 or 40 problems that says little, and sixteen cost about what MATH-500 does. */
const small: BenchmarkSettings = { ...upstream, samples: 16 };

const benchmarks = {
  aime24: {
    title: "AIME24",
    problems: 30,
    hub: { path: "HuggingFaceH4/aime_2024", split: "train" },
    fileNames: ["aime24", "aime_2024", "aime2024", "aime"],
    rules: { answers: "answer", upstreamGold: "answer", upstreamReads: "expression" },
    defaults: small,
  },
  "math-500": {
    title: "MATH-500",
    problems: 500,
    hub: { path: "HuggingFaceH4/MATH-500", split: "test" },
    fileNames: ["math500", "math-500", "MATH-500", "math_500", "math"],
    rules: { answers: "answer", upstreamGold: "solution", upstreamReads: "latex" },
    defaults: upstream,
  },
  amc23: {
    title: "AMC23",
    problems: 40,
    hub: { path: "knoveleng/AMC-23", split: "train" },
    fileNames: ["amc23", "AMC-23", "amc"],
    rules: { answers: "answer", upstreamGold: "answer", upstreamReads: "expression" },
    defaults: small,
  },
  minerva: {
    title: "Minerva",
    problems: 272,
    hub: { path: "knoveleng/Minerva-Math", split: "train" },
    fileNames: ["minerva", "Minerva-Math", "minerva_math"],
    rules: { answers: "solution", upstreamGold: "solution", upstreamReads: "latex" },
    withoutSolutions:
      "in such copies, that of understand-r1-zero among them, at least 31 answers are those of another question",
    defaults: upstream,
  },
  olympiadbench: {
    title: "OlympiadBench",
    problems: 675,
    hub: { path: "knoveleng/OlympiadBench", split: "train" },
    fileNames: ["olympiadbench", "OlympiadBench", "olympiad_bench"],
    rules: { answers: "answer", upstreamGold: "answer", upstreamReads: "latex" },
    defaults: upstream,
  },
  // Not among upstream's benchmarks: read as those with plain numbers for answers are.
  gsm8k: {
    title: "GSM8K",
    problems: 1319,
    hub: { path: "openai/gsm8k", config: "main", split: "test" },
    fileNames: ["gsm8k/test", "gsm8k_test", "gsm8k"],
    rules: { answers: "answer", upstreamGold: "answer", upstreamReads: "expression" },
    defaults: upstream,
  },
} as const satisfies Readonly<Record<string, Benchmark>>;

export type BenchmarkName = keyof typeof benchmarks;

export const benchmarkNames = Object.keys(benchmarks) as readonly BenchmarkName[];

/** Those of the paper's tables of mathematical reasoning, in their order. */
export const paperBenchmarks: readonly string[] = ["aime24", "math-500", "amc23", "minerva", "olympiadbench"];

/** Throws ConfigError for an unknown name, with the known names and the nearest. */
export function findBenchmark(name: string): Benchmark {
  return lookUp<Benchmark>("benchmark", name, benchmarks);
}
