import type { Task } from "../../tasks/task.ts";
import {
  type PreparedModel,
  type PrepareOptions,
  prepareModel,
  prepareTask,
  startBackend,
} from "../prepared-run.ts";
import type { Recipe } from "../run-config.ts";
import { withSteps } from "../run-length.ts";
import { examine, findingOf } from "./check.ts";
import { type CheckName, type Finding, ok, warning } from "./finding.ts";
import { checkLogprobs } from "./logprobs.ts";
import { readModelFacts } from "./model-facts.ts";
import { cheapChecks } from "./preflight.ts";

/** Bounds for data sets that cannot be looked at as a whole within a minute. */
const thorough = { measuredPrompts: 10_000, triedAnswers: 2_000 };

export interface Diagnosis {
  recipe: string;
  /** null where it cannot be used. */
  model: string | null;
  warnings: number;
  failures: number;
  findings: Finding[];
}

export interface DiagnosisOptions extends Omit<PrepareOptions, "warn"> {
  runFolder: string;
}

/** Makes all checks of a run, the one that samples and learns included. */
export async function diagnose(recipe: Recipe, options: DiagnosisOptions): Promise<Diagnosis> {
  const findings: Finding[] = [];
  const task = await attempt(
    findings,
    "task",
    async (told) => (await prepareTask(recipe, { ...options, warn: told })).task,
  );
  const model = await attempt(findings, "model", async (told) => {
    const prepared = await prepareModel(recipe, { ...options, warn: told });
    prepared.description.warnings.forEach(told);
    return prepared;
  });
  if (task !== null) {
    findings.push(
      ok("task", `${task.name}: ${task.train.size} training and ${task.heldOut.size} held-out problems`),
    );
  }
  if (model !== null) {
    const { model: architecture } = model.description;
    findings.push(
      ok("model", `${model.modelName}: ${architecture.family}, ${architecture.dimensions.layers} layers`),
    );
  }
  if (task !== null && model !== null) {
    await examineRun(findings, task, model, options.runFolder);
  }
  const count = (severity: Finding["severity"]) =>
    findings.filter((finding) => finding.severity === severity).length;
  return {
    recipe: recipe.name,
    model: model?.modelName ?? null,
    warnings: count("warning"),
    failures: count("failure"),
    findings,
  };
}

async function attempt<Value>(
  findings: Finding[],
  check: CheckName,
  prepare: (warn: (message: string) => void) => Value | Promise<Value>,
): Promise<Value | null> {
  try {
    return await prepare((message) =>
      findings.push(warning(check, message, "correct it, or leave it as it is")),
    );
  } catch (error) {
    findings.push(findingOf(check, error));
    return null;
  }
}

async function examineRun(
  findings: Finding[],
  task: Task,
  model: PreparedModel,
  runFolder: string,
): Promise<void> {
  const run = { task, ...model, recipe: withSteps(model.recipe, task.train.size) };
  const examination = { run, facts: readModelFacts(run.description), ...thorough, runFolder };
  for (const check of cheapChecks) {
    findings.push(...(await examine(check, examination)));
  }
  const hindrance = findings.find(
    ({ check, severity }) => severity === "failure" && hindering.includes(check),
  );
  if (hindrance !== undefined) {
    findings.push(
      warning(
        "logprobs",
        `not tried, because of the failure of ${hindrance.check}`,
        "mend that first and look again",
      ),
    );
    return;
  }
  const logprobs = {
    name: "logprobs" as const,
    examine: async () => {
      const backend = await startBackend(run, { reference: false });
      try {
        return await checkLogprobs({ recipe: run.recipe, task, ...backend });
      } finally {
        await backend.close();
      }
    },
  };
  findings.push(...(await examine(logprobs, examination)));
}

/** Failures with which no batch can be sampled and learned from. */
const hindering: readonly CheckName[] = ["memory", "prompts", "chat-template"];
