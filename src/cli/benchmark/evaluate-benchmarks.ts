import { openAppendLog, readAppendLog } from "../../append-log.ts";
import { writeFileAtomically } from "../../atomic-file.ts";
import { completionsWithin } from "../../compute/local/decode-layouts.ts";
import { startLocalBackend } from "../../compute/local/index.ts";
import { internalError } from "../../errors.ts";
import { type SummarizedBenchmark, summarizeBenchmark } from "../../eval/benchmark-result.ts";
import { writeCompletions } from "../../eval/completions-parquet.ts";
import {
  claimSettings,
  evaluationPaths,
  makeEvaluationFolder,
  removeLeftovers,
} from "../../eval/evaluation-folder.ts";
import { type EvaluationResults, evaluationResults } from "../../eval/evaluation-results.ts";
import { type FinishedProblem, problemFormat } from "../../eval/finished-problem.ts";
import { resultsTable } from "../../eval/results-table.ts";
import { sampleBenchmark } from "../../eval/sample-benchmark.ts";
import { lockRunFolder } from "../../trainer/run-lock.ts";
import { watchInterruption } from "../interruption.ts";
import { modelSource } from "../model-location.ts";
import { silence, type Terminal, writeJson } from "../terminal.ts";
import type { BenchmarkOptions } from "./evaluation-options.ts";
import { type EvaluationPlan, type PlannedBenchmark, planEvaluation } from "./evaluation-plan.ts";
import { createEvaluationProgress, type EvaluationProgress } from "./evaluation-progress.ts";

/**
 * Evaluates a model on benchmarks into a folder, or goes on where an evaluation was killed: problems whose completions
 * are on the disk are never asked again.
 */
export async function evaluateBenchmarks(
  model: string,
  options: BenchmarkOptions,
  terminal: Terminal,
): Promise<void> {
  const progress = options.json ? silence : terminal.errors;
  const warn = (message: string): void => void terminal.errors.write(`warning: ${message}\n`);
  const plan = await planEvaluation(model, options, { progress, warn });
  makeEvaluationFolder(plan.folder);
  const lock = await lockRunFolder(plan.folder);
  try {
    claimSettings(plan.folder, plan.settings);
    removeLeftovers(plan.folder);
    await sampleMissing(plan, options, terminal);
    const results = writeResults(plan);
    if (options.json) {
      writeJson(terminal.output, { type: "summary", output: plan.folder, ...results });
    } else {
      terminal.output.write(
        `${resultsTable(results)}\nIn ${plan.folder}: results.json, table.md, completions/\n`,
      );
    }
  } finally {
    lock.release();
  }
}

interface Missing {
  planned: PlannedBenchmark;
  prompts: PlannedBenchmark["prompts"];
}

async function sampleMissing(
  plan: EvaluationPlan,
  { json }: BenchmarkOptions,
  terminal: Terminal,
): Promise<void> {
  const missing = plan.benchmarks.map((planned): Missing => {
    const done = new Set(readFinished(plan, planned.name).keys());
    return { planned, prompts: planned.prompts.filter(({ problem }) => !done.has(problem.id)) };
  });
  const total = count(plan.benchmarks.map((planned) => ({ planned, prompts: planned.prompts })));
  const left = count(missing);
  if (left === 0) {
    return;
  }
  const output = json ? silence : terminal.errors;
  if (left < total) {
    output.write(`${plan.folder}: ${total - left} of ${total} completions are there already\n`);
  }
  const backend = await startLocalBackend({
    model: modelSource(plan.location),
    description: plan.description,
  });
  const progress = createEvaluationProgress(output, { total, before: total - left });
  const interruption = watchInterruption(() => {
    progress.close();
    terminal.errors.write("stopped; the same command goes on from here\n");
  });
  try {
    for (const warning of backend.model.warnings) {
      terminal.errors.write(`warning: ${warning}\n`);
    }
    for (const { planned, prompts } of missing) {
      await sampleOne(plan, planned, prompts, {
        backend,
        progress,
        signal: interruption.signal,
        onProblem: ({ id, completions }) => {
          if (json) {
            const judged = completions.map(({ text: _text, ...completion }) => completion);
            writeJson(terminal.output, { type: "problem", benchmark: planned.name, id, completions: judged });
          }
        },
      });
    }
  } finally {
    progress.close();
    interruption.close();
    await backend.close();
  }
}

function count(missing: readonly Missing[]): number {
  return missing.reduce((sum, { planned, prompts }) => sum + prompts.length * planned.settings.samples, 0);
}

interface SampleContext {
  backend: Awaited<ReturnType<typeof startLocalBackend>>;
  progress: EvaluationProgress;
  signal: AbortSignal;
  onProblem: (problem: FinishedProblem) => void;
}

async function sampleOne(
  { folder, stop, seed, description }: EvaluationPlan,
  { name, benchmark, settings }: PlannedBenchmark,
  prompts: PlannedBenchmark["prompts"],
  { backend, progress, signal, onProblem }: SampleContext,
): Promise<void> {
  const { samples, temperature, topP, maxTokens } = settings;
  const journal = openAppendLog(evaluationPaths(folder).journal(name), problemFormat);
  try {
    await sampleBenchmark({
      sampler: backend.sampler,
      codec: backend.codec,
      prompts,
      sampling: { temperature, topP, maxTokens, topK: 0, minP: 0, repetitionPenalty: 1, stop },
      samples,
      completionsPerRequest: completionsWithin(description.model, maxTokens),
      upstreamReads: benchmark.rules.upstreamReads,
      seed,
      signal,
      onProblem: (problem) => {
        journal.append(problem);
        onProblem(problem);
      },
      onProgress: (state) => progress.update(name, state),
      onCallEnd: ({ completions, tokens }) => progress.add(completions, tokens),
    });
  } finally {
    journal.close();
  }
}

function readFinished({ folder }: EvaluationPlan, benchmark: string): Map<string, FinishedProblem> {
  const finished = readAppendLog(evaluationPaths(folder).journal(benchmark), problemFormat);
  return new Map(Array.from(finished, (problem) => [problem.id, problem]));
}

/** Reads one benchmark's completions after the other, so that no more are in memory. */
function writeResults(plan: EvaluationPlan): EvaluationResults {
  const paths = evaluationPaths(plan.folder);
  const summarized = plan.benchmarks.map((planned): SummarizedBenchmark => {
    const finished = readFinished(plan, planned.name);
    const asked = planned.prompts.map(({ problem, prompt }) => {
      const found = finished.get(problem.id);
      if (found === undefined) {
        throw internalError(`problem ${problem.id} was not finished`);
      }
      return { problem, prompt, finished: found };
    });
    writeCompletions(paths.completions(planned.name), planned.name, asked);
    const { name: benchmark, data, settings, skipped } = planned;
    const { title } = planned.benchmark;
    return summarizeBenchmark(
      { benchmark, title, data, ...settings, skipped },
      asked.map((one) => one.finished),
      plan.seed,
    );
  });
  const { name, template, seed, location } = plan;
  const results = evaluationResults({ model: location.name, name, template, seed }, summarized);
  writeFileAtomically(paths.table, resultsTable(results));
  writeFileAtomically(paths.results, `${JSON.stringify(results, null, 2)}\n`);
  return results;
}
