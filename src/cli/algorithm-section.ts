import { z } from "zod";
import { aggregations } from "../algorithms/aggregation.ts";
import { type DapoSettings, dapoDefaults } from "../algorithms/dapo.ts";
import { drGrpoDefaults } from "../algorithms/dr-grpo.ts";
import { type GpgSettings, gpgChoices } from "../algorithms/gpg-options.ts";
import { type GpgPreset, gpgPresets } from "../algorithms/gpg-presets.ts";
import { unscoredPolicies } from "../algorithms/group-statistics.ts";
import { type GrpoSettings, grpoDefaults, scalesOfRewards } from "../algorithms/grpo.ts";
import { divergences } from "../algorithms/pinsker.ts";
import type { RatioSettings } from "../algorithms/ratio-options.ts";
import {
  type ReinforcePlusPlusSettings,
  reinforceBaselines,
  reinforcePlusPlusDefaults,
} from "../algorithms/reinforce-plus-plus.ts";
import { rlooDefaults } from "../algorithms/rloo.ts";

const atLeastZero = z.number().min(0);
const count = z.int().min(1);

const gpgOverrides = z.strictObject({
  normalisation: z.enum(gpgChoices.normalisation),
  alpha: z.enum(gpgChoices.alpha),
  inverseAlphaOffset: atLeastZero,
  equalUpTo: atLeastZero,
  informativeShare: atLeastZero,
  maxResampleRounds: z.int().min(0),
  surplus: z.enum(gpgChoices.surplus),
  aggregation: z.enum(gpgChoices.aggregation),
  aggregationConstant: z.number().positive(),
  maskTruncated: z.boolean(),
  unscored: z.enum(gpgChoices.unscored),
  beta: atLeastZero,
} satisfies Record<keyof GpgSettings, z.ZodType>);

const presets = Object.keys(gpgPresets) as [GpgPreset, ...GpgPreset[]];

/** What a section without a name means. `preset` gives every setting its published value; other keys replace single ones. */
const gpg = gpgOverrides
  .partial()
  .extend({ name: z.literal("gpg").optional(), preset: z.enum(presets).default("paper") })
  .transform(({ name = "gpg", preset, ...overrides }) => ({
    name,
    preset,
    ...(gpgPresets[preset] satisfies GpgSettings as GpgSettings),
    ...overrides,
  }));

type AnySettings = RatioSettings | GrpoSettings | DapoSettings | ReinforcePlusPlusSettings;

/** A key for each setting, with its default. */
function sectionOf<Name extends string, Settings extends AnySettings>(
  name: Name,
  defaults: Settings,
  more: z.ZodRawShape = {},
) {
  const keys = {
    clipLow: z.number().min(0).max(1).default(defaults.clipLow),
    clipHigh: atLeastZero.default(defaults.clipHigh),
    beta: atLeastZero.default(defaults.beta),
    divergence: z.enum(divergences).default(defaults.divergence),
    numIterations: count.default(defaults.numIterations),
    minibatches: count.default(defaults.minibatches),
    aggregation: z.enum(aggregations).default(defaults.aggregation),
    aggregationConstant: z.number().positive().optional(),
    maskTruncated: z.boolean().default(defaults.maskTruncated),
    unscored: z.enum(unscoredPolicies).default(defaults.unscored),
  } satisfies Record<keyof RatioSettings, z.ZodType>;
  return z.strictObject({ name: z.literal(name), ...keys, ...more }) as unknown as z.ZodObject<{
    name: z.ZodLiteral<Name>;
  }> & { _zod: { output: { name: Name } & Settings } };
}

const scaling = (defaults: GrpoSettings) => ({
  scaleRewards: z.enum(scalesOfRewards).default(defaults.scaleRewards),
  scaleEpsilon: atLeastZero.default(defaults.scaleEpsilon),
});

const grpo = sectionOf("grpo", grpoDefaults, scaling(grpoDefaults));
const drGrpo = sectionOf("dr-grpo", drGrpoDefaults);
const dapo = sectionOf("dapo", dapoDefaults, {
  ...scaling(dapoDefaults),
  maxResampleRounds: z.int().min(0).default(dapoDefaults.maxResampleRounds),
});
const rloo = sectionOf("rloo", rlooDefaults);
const reinforcePlusPlus = sectionOf("reinforce++", reinforcePlusPlusDefaults, {
  baseline: z.enum(reinforceBaselines).default(reinforcePlusPlusDefaults.baseline),
});
const sft = z.strictObject({ name: z.literal("sft") });

/** The algorithm of a recipe, with all its settings spelled out. */
export const algorithmSection = z
  .discriminatedUnion("name", [gpg, grpo, drGrpo, dapo, rloo, reinforcePlusPlus, sft])
  .prefault({});

export type AlgorithmSection = z.output<typeof algorithmSection>;

/** True where completions of one prompt are compared with each other. */
export function comparesCompletions(section: AlgorithmSection): boolean {
  return section.name !== "sft" && !(section.name === "reinforce++" && section.baseline === "batch");
}

/** Policies whose log-probabilities a step looks up without a gradient. */
export function lookups(section: AlgorithmSection): { reference: boolean; policy: boolean } {
  if (section.name === "sft" || section.name === "gpg") {
    return { reference: section.name === "gpg" && section.beta > 0, policy: false };
  }
  const { beta, divergence, numIterations, minibatches } = section;
  const reference = beta > 0;
  return { reference, policy: numIterations * minibatches > 1 || (reference && divergence === "pinsker") };
}
