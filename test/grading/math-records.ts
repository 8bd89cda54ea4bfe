import type {
  ExtractionTarget,
  LatexCleaning,
  MathGradingOptions,
  Reading,
} from "../../src/rewards/math/options.ts";
import {
  openR1AccuracyGrading,
  openR1Lv35Gold,
  openR1Lv35Grading,
} from "../../src/rewards/math/upstream-readings.ts";
import { gradeMath } from "../../src/rewards/math-equal.ts";
import { readJsonLines } from "../parity/fixtures.ts";

export interface VerdictRecord {
  id: string;
  variant?: string;
  gold: string;
  gold_text: string;
  completion: string;
  /** True or false as most careful people would say; null where that is arguable. */
  intended?: boolean | null;
  verdicts: Record<string, boolean | number>;
  stable?: boolean;
}

export interface SuiteRecord {
  id: string;
  kind: "verify" | "parse" | "compare";
  gold: string & { fraction?: [number, number]; decimal?: number };
  pred: string & { fraction?: [number, number]; decimal?: number };
  expected: boolean;
  expected_parsed?: string[];
  options: SuiteOptions;
  stable?: boolean;
}

interface SuiteOptions {
  extraction?: SuiteTarget[];
  extraction_mode?: string;
  fallback_mode?: string;
  float_rounding?: number;
  numeric_precision?: number;
  strict?: boolean;
  allow_set_relation_comp?: boolean;
}

interface SuiteTarget {
  type: "latex" | "expr" | "string";
  try_extract_without_anchor?: boolean;
  boxed_match_priority?: number;
  normalization?: Record<string, boolean | string>;
  strings?: string[];
  lowercase?: boolean;
}

/** The stable records of a fixture file. */
export function readRecords<Row extends { stable?: boolean }>(file: string): Row[] {
  return readJsonLines<Row>("rewards", file).filter(({ stable }) => stable !== false);
}

/** Whether the compat mode pays where the oracle's verdict of this kind was made. */
export function paysLike(kind: string, record: VerdictRecord): boolean {
  const { gold_text, completion } = record;
  switch (kind) {
    case "accuracy":
      return paid(gold_text, completion, openR1AccuracyGrading);
    case "accuracy_lv35":
      return paid(openR1Lv35Gold(record.gold), completion, openR1Lv35Grading);
    default: {
      const order = kind === "reversed" ? "completion-first" : "gold-first";
      return gradeMath(gold_text, completion, { compat: "math-verify", order }).verdict === "equal";
    }
  }
}

/** Upstream's rewards pay for a gold answer that they cannot read. */
function paid(gold: string, completion: string, options: MathGradingOptions): boolean {
  const { verdict } = gradeMath(gold, completion, options);
  return verdict === "equal" || verdict === "gold-unparseable";
}

export function suiteGrading({ options }: SuiteRecord): MathGradingOptions {
  const reading: Reading = {
    mode: options.extraction_mode === "first_match" ? "first-match" : "any-match",
    textFallback: options.fallback_mode !== "no_fallback",
    ...(options.extraction && { targets: options.extraction.map(targetOf) }),
  };
  return {
    gold: reading,
    completion: reading,
    decimalPlaces: options.float_rounding ?? 6,
    significantDigits: options.numeric_precision ?? 15,
    strict: options.strict ?? true,
    compareSetsWithRelations: options.allow_set_relation_comp ?? false,
  };
}

function targetOf(target: SuiteTarget): ExtractionTarget {
  const withoutAnchor = target.try_extract_without_anchor ?? true;
  switch (target.type) {
    case "expr":
      return { kind: "expression", withoutAnchor };
    case "string":
      return { kind: "choice", withoutAnchor, choices: target.strings, lowercase: target.lowercase };
    default:
      return {
        kind: "latex",
        withoutAnchor,
        boxedPriority: target.boxed_match_priority ?? 50,
        ...(target.normalization && { cleaning: cleaningOf(target.normalization) }),
      };
  }
}

function cleaningOf(flags: Record<string, boolean | string>): LatexCleaning {
  return {
    basicLatex: flags.basic_latex === true,
    units: flags.units === true,
    malformedOperators: flags.malformed_operators === true,
    nits: flags.nits === true,
    boxed: (flags.boxed as LatexCleaning["boxed"]) || "none",
    equations: flags.equations === true,
  };
}

/** A number of the suite's comparisons, as a text that both modes read as just that. */
export function numberText(value: SuiteRecord["gold"]): string {
  const [numerator, denominator] = value.fraction ?? [];
  return numerator === undefined ? `$${value.decimal}$` : `$\\frac{${numerator}}{${denominator}}$`;
}
