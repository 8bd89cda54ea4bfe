import path from "node:path";
import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { nearestKey } from "../../nearest-key.ts";
import { largestSeed } from "../../random.ts";
import { layered, sectionOf } from "../layered-source.ts";
import { openRecipe } from "../recipe.ts";
import {
  applyOverrides,
  isSection,
  type Override,
  parseOverride,
  type RecipeSource,
  readRecipe,
} from "../recipe-source.ts";
import { budget } from "../run-config.ts";
import { schemaError } from "../schema-error.ts";

const nameSchema = z.string().regex(/^[\w][\w.-]*$/, "letters, digits, dots, dashes and underscores");
const section = z.custom<Record<string, unknown>>(isSection, "a section");

/** Every key of a comparison. What the recipes in it may say is checked when they are put together. */
const comparisonSchema = z.strictObject({
  name: nameSchema,
  base: z.custom<Record<string, unknown>>(isSection, "a recipe file or the sections of a recipe"),
  seeds: z
    .array(z.int().min(0).max(largestSeed))
    .min(1)
    .refine((seeds) => new Set(seeds).size === seeds.length, "seeds that all differ"),
  budget: budget.nullable().default(null),
  evaluate: z
    .strictObject({ every: z.int().min(0).optional(), problems: z.int().min(1).optional() })
    .default({}),
  baseline: z.string().optional(),
  ablations: z.record(z.string(), z.array(z.string()).min(2)).default({}),
  arms: z
    .record(nameSchema, section)
    .refine((arms) => Object.keys(arms).length > 0, "at least one arm")
    .refine(
      (arms) => !("start" in arms || "base" in arms),
      "names other than start and base, which stand for the start",
    ),
  output: z.string().min(1).optional(),
});

/** A comparison as it was written, with its base recipe inside. */
export interface ComparisonConfig extends Omit<z.output<typeof comparisonSchema>, "baseline"> {
  /** The arm that the others are compared with. */
  baseline: string;
  source: RecipeSource;
}

export interface ComparisonOptions {
  model?: string | undefined;
  output?: string | undefined;
  set?: readonly string[] | undefined;
  /** Told in one line what was assumed of a base recipe that is upstream's. */
  warn: (message: string) => void;
}

/** Reads, overrides and checks a comparison. Throws ConfigError naming file, key, value and what is expected. */
export async function loadComparison(file: string, options: ComparisonOptions): Promise<ComparisonConfig> {
  const source = applyOverrides(await withBase(await readRecipe(file), options.warn), overridesOf(options));
  const fileName = path.basename(file).replace(/\.ya?ml$/, "");
  const named = { ...source, value: { name: fileName, ...(source.value as object) } };
  const result = comparisonSchema.safeParse(named.value);
  if (!result.success) {
    throw schemaError(comparisonSchema, named, result.error.issues);
  }
  const { arms, baseline = Object.keys(arms)[0]! } = result.data;
  const config = { ...result.data, baseline, source: named };
  checkArmNames(config);
  return config;
}

/** With the file that `base` names in its place; its path is relative to the file that names it. */
async function withBase(source: RecipeSource, warn: ComparisonOptions["warn"]): Promise<RecipeSource> {
  const { base, ...others } = (source.value ?? {}) as Record<string, unknown>;
  if (base === undefined && "task" in others && !("arms" in others)) {
    throw new ConfigError(
      `${source.file}: this is a recipe, not a comparison; train it with gpgrad train ${source.file}, or name it as the base of a comparison`,
    );
  }
  if (typeof base !== "string") {
    return source;
  }
  const inner = await openRecipe(path.resolve(path.dirname(source.file), base), {}, warn);
  const name = path.basename(inner.file).replace(/\.ya?ml$/, "");
  const outer = source.value as Record<string, unknown>;
  return {
    file: source.file,
    value: { ...outer, base: { name, ...(inner.value as object) } },
    locate: (at) => (at[0] === "base" ? inner.locate(at.slice(1)) : source.locate(at)),
  };
}

function overridesOf({ model, output, set = [] }: ComparisonOptions): Override[] {
  return [
    ...set.map(parseOverride),
    ...(model === undefined ? [] : [{ path: ["base", "model"], value: model, origin: `--model ${model}` }]),
    ...(output === undefined ? [] : [{ path: ["output"], value: output, origin: `--output ${output}` }]),
  ];
}

function checkArmNames({ arms, baseline, ablations, source }: ComparisonConfig): void {
  const known = Object.keys(arms);
  const check = (name: string, at: readonly string[]): void => {
    if (!known.includes(name)) {
      const near = nearestKey(name, known);
      const wayOut = near === undefined ? `arms: ${known.join(", ")}` : `did you mean ${near}?`;
      throw new ConfigError(
        `${source.locate(at)}: ${at.join(".")} names ${name}, which is no arm; ${wayOut}`,
      );
    }
  };
  check(baseline, ["baseline"]);
  for (const [name, members] of Object.entries(ablations)) {
    for (const member of members) {
      check(member, ["ablations", name]);
    }
  }
}

/** What would give arms another start, other data or another measure. */
const shared = ["name", "seed", "model", "task", "warmStart", "evaluate", "output"];

/** The recipe of an arm, or without a name the one that all arms begin from, before it is checked. */
export function recipeSource(config: ComparisonConfig, arm?: string): RecipeSource {
  const { source, arms, budget: limits, evaluate } = config;
  const base = layered(sectionOf(source, ["base"]), {
    file: source.file,
    value: { evaluate, ...(limits && { train: { budget: limits } }) },
    locate: (at) => source.locate(at[0] === "train" ? at.slice(1) : at),
  });
  if (arm === undefined) {
    return base;
  }
  const own = arms[arm] as Record<string, unknown>;
  for (const key of Object.keys(own).filter((each) => shared.includes(each))) {
    throw new ConfigError(
      `${source.locate(["arms", arm, key])}: arms.${arm}.${key} is set; arms share their start, data, seeds and evaluation: set it in base, or outside of arms`,
    );
  }
  return layered(base, sectionOf(source, ["arms", arm]));
}
