/** What a text is searched for, and how what is found is cleaned before it is read. */
export type ExtractionTarget = LatexTarget | PlainTarget | ChoiceTarget;

/** LaTeX in `$...$`, `\[...\]`, `\(...\)`, `\boxed{...}`. */
export interface LatexTarget {
  kind: "latex";
  /** 0: boxes before everything; 50 (the default): after "final answer is"; -1: boxes are not looked for. */
  boxedPriority?: number;
  /** Whether LaTeX counts that no phrase such as "answer is" stands before. The default is true. */
  withoutAnchor?: boolean;
  /** Which clean-ups are done; the default is all but `equations`. */
  cleaning?: Partial<LatexCleaning>;
}

export interface LatexCleaning {
  basicLatex: boolean;
  units: boolean;
  malformedOperators: boolean;
  nits: boolean;
  boxed: "all" | "last" | "none";
  /** Of `a = b = c`, read only `c`. */
  equations: boolean;
}

/** Numbers and arithmetic in plain text. */
export interface PlainTarget {
  kind: "expression";
  withoutAnchor?: boolean;
}

/** One of a closed list of words, such as the letters of a multiple choice. */
export interface ChoiceTarget {
  kind: "choice";
  /** The default is A, B, C, D. */
  choices?: readonly string[];
  withoutAnchor?: boolean;
  /** Whether the choice is compared in lower case. The default is true. */
  lowercase?: boolean;
}

/** How a gold answer or a completion is read. */
export interface Reading {
  /** The default is LaTeX, then plain expressions. */
  targets?: readonly ExtractionTarget[];
  /** `first-match`: only the best match is read, and if it makes no sense nothing is. The default is `any-match`. */
  mode?: "any-match" | "first-match";
  /** Whether the text of the first match stands in where it could not be read as mathematics. The default is true. */
  textFallback?: boolean;
}

export interface MathGradingOptions {
  /** `math-verify`: the verdicts of that Python library (0.8.0), misreadings included, for comparison with it. */
  compat?: "math-verify";
  gold?: Reading;
  completion?: Reading;
  /** Decimal places to which a decimal number must agree with what it is compared with. The default is 6. */
  decimalPlaces?: number;
  /** Significant digits of numerical comparisons. The default is 15. */
  significantDigits?: number;
  /** False: variables may have other names, and a set may stand for a tuple. The default is true. */
  strict?: boolean;
  /** Compat only: let an inequality in the answer equal a set in the gold answer. The default mode always does. */
  compareSetsWithRelations?: boolean;
  /**
   * Compat only: which text is verified against which. `verify(gold, answer)` and `verify(answer, gold)` of math-verify
   * are not the same; several of the upstream rewards call it in the second order. The default is `gold-first`.
   */
  order?: "gold-first" | "completion-first";
}

/** A gold answer or an answer that cannot be read is told apart from a wrong one; only `equal` is right. */
export type MathVerdict = "equal" | "different" | "gold-unparseable" | "answer-unparseable";

export interface MathGrade {
  verdict: MathVerdict;
  /** The part of the gold text that was compared. */
  gold?: string;
  /** The part of the completion that was compared. */
  answer?: string;
}
