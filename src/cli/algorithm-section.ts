import { z } from "zod";
import { type GpgSettings, gpgChoices } from "../algorithms/gpg-options.ts";
import { type GpgPreset, gpgPresets } from "../algorithms/gpg-presets.ts";

const atLeastZero = z.number().min(0);

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

/** `preset` gives every setting its published value; the other keys replace single ones. */
const gpg = gpgOverrides
  .partial()
  .extend({ name: z.literal("gpg"), preset: z.enum(presets).default("paper") })
  .transform(({ name, preset, ...overrides }) => ({
    name,
    preset,
    ...(gpgPresets[preset] satisfies GpgSettings as GpgSettings),
    ...overrides,
  }));

/** The algorithm of a recipe, with all its settings spelled out. */
export const algorithmSection = z.discriminatedUnion("name", [gpg]).prefault({ name: "gpg" });
