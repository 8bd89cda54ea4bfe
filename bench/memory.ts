import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { measure } from "./process.ts";

// What `train --dry-run` predicts against the most memory that the same run then holds, in its own process.
const fixtures = process.env.GPGRAD_FIXTURES ?? "../shared/fixtures";
const data = process.env.GPGRAD_DATA ?? "../shared/data";
const program = path.resolve("dist/cli/main.js");
/** Random weights solve nothing: a penalty for repeated words gives them something to learn from. */
const varied = "task.rewards={ repetition_penalty: { weight: 1, ngramSize: 1 } }";
const onFixture = (model: string, ...set: string[]) => [
  ...["recipes/gsm8k.yaml", "--model", path.join(fixtures, "models", model)],
  ...[
    "task.path=".concat(path.join(data, "gsm8k/train.jsonl")),
    "train.promptsPerStep=4",
    varied,
    ...set,
  ].flatMap((change) => ["--set", change]),
];
// So many that batches of different lengths have filled what is kept for them.
const steps = 20;
const cases: readonly { name: string; values: readonly string[] }[] = [
  { name: "quickstart", values: ["recipes/quickstart.yaml", "--set", "warmStart.steps=8"] },
  { name: "fixture qwen3", values: onFixture("qwen3") },
  {
    name: "fixture qwen3, prompts to 256, completions of 64",
    values: onFixture("qwen3", "sampling.maxTokens=64", "train.maxPromptTokens=256"),
  },
  { name: "fixture qwen2, LoRA", values: onFixture("qwen2-tied-bf16-sharded", "lora={}") },
  { name: "fixture llama, checkpointing", values: onFixture("llama", "compute.gradientCheckpointing=true") },
];
const wanted = 0.15;
const json = process.argv.includes("--json");
const chosen = process.argv.find((value) => /^\d$/.test(value));

for (const { name, values } of cases.filter((_, index) => !chosen || index === Number(chosen))) {
  const folder = mkdtempSync(path.join(tmpdir(), "gpgrad-memory-"));
  try {
    const train = [program, "train", ...values, "--output", path.join(folder, "run"), "--json"];
    const limits = ["--set", `train.steps=${steps}`];
    const printed = execFileSync(process.execPath, [...train, ...limits, "--dry-run"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const predicted = (JSON.parse(printed) as { total: number }).total / 1e6;
    const { peakMegabytes } = await measure<object>(process.execPath, [...train, ...limits]);
    const seen = (peakMegabytes * 1024 ** 2) / 1e6;
    const ratio = predicted / seen;
    const line = {
      bench: "memory",
      case: name,
      ours: Math.round(predicted),
      peer: Math.round(seen),
      unit: "MB",
    };
    console.log(
      json
        ? JSON.stringify({ ...line, ratio: Number(ratio.toFixed(2)), peak_mb: Math.round(peakMegabytes) })
        : `${name}: predicted ${line.ours} MB, seen ${line.peer} MB, ratio ${ratio.toFixed(2)}${Math.abs(ratio - 1) > wanted ? " (off)" : ""}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
