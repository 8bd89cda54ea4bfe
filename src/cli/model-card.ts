import path from "node:path";
import { stringify } from "yaml";
import { mean } from "../eval/reward-means.ts";
import { isCommit, type ModelReference, parseModelReference } from "../hub/model-reference.ts";
import type { RunEvent } from "../pipeline.ts";
import { algorithmInWords } from "./algorithm-in-words.ts";
import { formatPercent } from "./format.ts";
import { metricsInWords } from "./progress.ts";
import type { Recipe } from "./run-config.ts";

export interface ModelCardOptions {
  /** `org/name` that the card is for. */
  name: string;
  /** As the run completed it. */
  recipe: Recipe;
  /** The run's journal. */
  events: readonly RunEvent[];
  /** Optimizer steps behind the weights, the warm start's included. */
  step: number;
  /** True if the weights are those of an adapter alone. */
  isAdapter: boolean;
  /** Of gpgrad. */
  version: string;
  /** The base on the hub, where the recipe names a folder. */
  base?: ModelReference | null;
}

type StepEvent = Extract<RunEvent, { type: "step" }>;
type Evaluation = Extract<RunEvent, { type: "evaluation" }>;

/** Steps at either end over which the figures of the training prompts are averaged. */
const shownSteps = 10;

/** The README.md of a model on the hub: method, data, figures and how to use it, all from the run's own records. */
export function modelCard(options: ModelCardOptions): string {
  const { name, recipe, version } = options;
  const { method, sentence } = algorithmInWords(recipe.algorithm);
  const sections = [
    frontMatter(options),
    `# ${name.split("/")[1]}`,
    `${baseInWords(options)} trained with ${method} by gpgrad ${version}.${sentence === undefined ? "" : ` ${sentence}`}`,
    "## Figures",
    ...figures(options),
    "## Training",
    trainingInWords(options),
    `\`\`\`yaml\n${stringify(publicRecipe(recipe), { lineWidth: 0 })}\`\`\``,
    "## Use",
    `\`\`\`sh\nnpx gpgrad sample ${name} --prompt TEXT\n\`\`\``,
  ];
  return `${sections.join("\n\n")}\n`;
}

function tagsOf(algorithm: Recipe["algorithm"]["name"]): string[] {
  return algorithm === "sft" ? ["sft"] : [algorithm, "reinforcement-learning"];
}

function frontMatter(options: ModelCardOptions): string {
  const { isAdapter, recipe } = options;
  const base = baseOnHub(options);
  const fields = {
    library_name: isAdapter ? "peft" : "transformers",
    pipeline_tag: "text-generation",
    ...(base !== null && {
      base_model: base.name,
      base_model_relation: isAdapter ? "adapter" : "finetune",
    }),
    tags: ["gpgrad", ...tagsOf(recipe.algorithm.name)],
  };
  return `---\n${stringify(fields)}---`;
}

/** A run records the commit of a model of the hub, so a name without one was a folder. */
function baseOnHub({
  recipe: { model },
  base,
}: Pick<ModelCardOptions, "recipe" | "base">): ModelReference | null {
  if (base) {
    return base;
  }
  const reference = typeof model === "string" ? parseModelReference(model) : null;
  return reference?.revision && isCommit(reference.revision) ? reference : null;
}

function baseInWords(options: ModelCardOptions): string {
  const { model, warmStart } = options.recipe;
  const base = baseOnHub(options);
  if (base !== null) {
    const { name, revision } = base;
    const commit = revision === null ? "" : ` (commit \`${revision.slice(0, 12)}\`)`;
    return `[${name}](https://huggingface.co/${name})${commit}`;
  }
  if (typeof model === "string") {
    return `\`${path.basename(model)}\``;
  }
  const imitation = warmStart && warmStart.steps > 0 ? `, after ${warmStart.steps} steps of imitation` : "";
  return `A model of ${model.layers} ${model.layers === 1 ? "layer" : "layers"} and width ${model.hiddenSize} from random weights${imitation},`;
}

function figures({ recipe, events, step }: ModelCardOptions): string[] {
  const evaluations = events.filter((event): event is Evaluation => event.type === "evaluation");
  const known = evaluations.filter((evaluation) => evaluation.step <= step);
  const warmStartSteps = recipe.warmStart?.steps ?? 0;
  const before = known.findLast((evaluation) => evaluation.step <= warmStartSteps);
  const after = known.findLast((evaluation) => evaluation.step > warmStartSteps);
  const rows = [
    ...(before ? [[`before ${algorithmInWords(recipe.algorithm).label}`, before] as const] : []),
    ...(after ? [[after.step === step ? "these weights" : `after step ${after.step}`, after] as const] : []),
  ].map(
    ([label, { label: split, problems, metrics }]) =>
      `| ${label} | ${problems} ${split} problems | ${metricsInWords(metrics).join(", ")} |`,
  );
  const table =
    rows.length > 0
      ? ["Greedy completions:", ["| | measured on | result |", "|---|---|---|", ...rows].join("\n")]
      : ["The run made no evaluation on held-out problems."];
  const training = trainingFigures(events, step, algorithmInWords(recipe.algorithm).label);
  return training === null ? table : [...table, training];
}

function trainingFigures(events: readonly RunEvent[], step: number, label: string): string | null {
  const steps = events.filter(
    (event): event is StepEvent => event.type === "step" && event.rollouts !== null && event.step <= step,
  );
  const describe = (some: readonly StepEvent[]) => {
    const rollouts = some.flatMap(({ rollouts }) => rollouts ?? []);
    const accuracies = rollouts.flatMap(({ rewards }) => rewards.accuracy ?? []);
    return accuracies.length > 0
      ? `${formatPercent(mean(accuracies))} accuracy`
      : `mean reward ${mean(rollouts.map(({ reward }) => reward)).toFixed(3)}`;
  };
  const shown = Math.min(shownSteps, Math.floor(steps.length / 2));
  return shown === 0
    ? null
    : `Sampled completions of training prompts: ${describe(steps.slice(0, shown))} over the first ${inSteps(shown)} of ${label}, ${describe(steps.slice(-shown))} over the last ${inSteps(shown)}.`;
}

const inSteps = (count: number) => (count === 1 ? "step" : `${count} steps`);

function trainingInWords({ recipe, step }: ModelCardOptions): string {
  const { train, task, warmStart, algorithm } = recipe;
  const { label } = algorithmInWords(algorithm);
  const imitated = Math.min(warmStart?.steps ?? 0, step);
  const warm = imitated > 0 ? `${imitated} steps of imitation and ` : "";
  return `Task \`${task.name}\`; ${warm}${step - imitated} of ${train.steps} ${label} steps of ${train.promptsPerStep} ${algorithm.name === "sft" ? "demonstrations" : `prompts with ${train.completionsPerPrompt} completions`} each. The recipe:`;
}

/** What decided the numbers, without where things lay on the machine that made them. */
function publicRecipe(recipe: Recipe): Record<string, unknown> {
  const { name, seed, model, task, warmStart, train, algorithm, sampling, optimizer } = recipe;
  const isFolder = typeof model === "string" && baseOnHub({ recipe }) === null;
  const shown = { name, seed, model: isFolder ? path.basename(model) : model, task: withoutFolders(task) };
  return { ...shown, ...(warmStart && { warmStart }), train, algorithm, sampling, optimizer };
}

/** Paths without their folders; names of the hub, which come with a revision, are public. */
function withoutFolders(section: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(section).map(([key, value]) => {
      if (/path$/i.test(key) && section.revision === undefined) {
        return [key, Array.isArray(value) ? value.map(lastPart) : lastPart(value)];
      }
      return /data$/i.test(key) && typeof value === "object" && value !== null
        ? [key, withoutFolders(value as Record<string, unknown>)]
        : [key, value];
    }),
  );
}

const lastPart = (value: unknown): unknown => (typeof value === "string" ? path.basename(value) : value);
