import { readFileSync } from "node:fs";
import path from "node:path";
import { gradeMath, type MathGradingOptions } from "../src/rewards/math-equal.ts";

/** Grades every pair of gold answer and completion in the fixtures, one after the other on one core. */

interface Row {
  kind?: string;
  gold_text?: string;
  completion?: string;
  gold?: unknown;
  pred?: unknown;
}

const [folder = "", mode = "default"] = process.argv.slice(2);
const options: MathGradingOptions = mode === "math-verify" ? { compat: "math-verify" } : {};

const pairs = ["math_synthetic", "math_model_outputs", "math_verify_suite"].flatMap((name) =>
  readFileSync(path.join(folder, `${name}.jsonl`), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row)
    .map((row) => [row.gold_text ?? row.gold, row.completion ?? row.pred])
    .filter((pair): pair is [string, string] => pair.every((text) => typeof text === "string")),
);

const warmUpRounds = 3;
const rounds = 5;
const times: number[] = [];
let equal = 0;

for (let round = 0; round < warmUpRounds + rounds; round++) {
  equal = 0;
  for (const [gold, completion] of pairs) {
    const start = performance.now();
    equal += gradeMath(gold, completion, options).verdict === "equal" ? 1 : 0;
    if (round >= warmUpRounds) {
      times.push(performance.now() - start);
    }
  }
}

times.sort((a, b) => a - b);
const seconds = times.reduce((total, time) => total + time, 0) / 1000;
console.log(
  JSON.stringify({
    per_second: Math.round(times.length / seconds),
    p99_ms: Number(times[Math.floor(times.length * 0.99)]?.toFixed(3)),
    pairs: pairs.length,
    equal,
  }),
);
