import path from "node:path";
import { type Case, compare } from "./compare.ts";

/** Of a program that graded every pair of the fixtures once, after warming up. */
interface GradingResult {
  per_second: number;
  p99_ms: number;
  pairs: number;
  equal: number;
}

const fixtures = path.resolve(process.env.GPGRAD_FIXTURES ?? "../shared/fixtures", "rewards");
const programs = { ours: "grading-work", peer: path.resolve("bench/grading_peer.py") };

const cases: readonly Case[] = ["default", "math-verify"].map((mode) => ({
  name: mode === "default" ? "fixture mix" : "fixture mix, compat",
  ours: [fixtures, mode],
  peer: ["--fixtures", fixtures],
}));

await compare<GradingResult>({
  bench: "grading",
  programs,
  cases,
  unit: "gradings/s",
  figure: ({ per_second }) => per_second,
  remark: ({ pairs, equal, p99_ms }) => `${pairs} pairs, ${equal} equal, 99th percentile ${p99_ms} ms`,
});

await compare<GradingResult>({
  bench: "grading",
  programs,
  cases: cases.map((each) => ({ ...each, name: `${each.name}, 99th percentile` })),
  unit: "ms",
  figure: ({ p99_ms }) => p99_ms,
  smallerIsBetter: true,
});
