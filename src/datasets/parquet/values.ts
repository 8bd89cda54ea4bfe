/** Values of which a piece is made at a time. */
export interface Values {
  readonly length: number;
  slice(start: number, end: number): ArrayLike<unknown>;
}

/** The values of a data page that are not null, and the levels by which Dremel places all of them in rows. */
export interface LeveledValues {
  /** Empty where no value is null. */
  definitionLevels: readonly number[];
  /** Empty where no column on the path repeats. */
  repetitionLevels: readonly number[];
  values: Values;
}
