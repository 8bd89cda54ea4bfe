import type { Metrics } from "../../pipeline.ts";

/** One row of a benchmark with what a model answered; each scorer says which fields it reads. */
export type EvaluationRow = Readonly<Record<string, unknown>>;

export interface EvaluationReport {
  /** One a row; null where the row does not count. */
  values: readonly (number | null)[];
  /** Over all rows. */
  metrics: Metrics;
}

/** Scores a benchmark's rows together. Throws DataError naming row and field for a row that it cannot read. */
export interface EvaluationScorer {
  readonly name: string;
  score(rows: readonly EvaluationRow[]): EvaluationReport;
}
