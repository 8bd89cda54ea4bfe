import { TemplateError } from "./template-error.ts";

/** What a rendering may still do: templates come with downloaded models and may loop or grow without end. */
export interface Budget {
  /** One unit is one step of evaluation or one item of a list. */
  spend(units: number): void;
  /** To be called before a text of this length is made. */
  spendText(length: number): void;
  /** To be called before `text` is searched for something of this length. */
  spendSearch(textLength: number, soughtLength: number): void;
}

const charactersPerUnit = 8;
const unitsOfAnyTemplate = 4_000_000;
const unitsPerUnitOfInput = 100;

/** Enough to go through a long conversation once for each of its messages; spent within about a second. */
export function createBudget(inputUnits: number): Budget {
  const limit = unitsOfAnyTemplate + unitsPerUnitOfInput * inputUnits;
  let spent = 0;
  const spend = (units: number): void => {
    spent += units;
    if (!(spent <= limit)) {
      throw new TemplateError("it does not end, or makes far more text than there is in the conversation");
    }
  };
  return {
    spend,
    spendText: (length) => spend(1 + length / charactersPerUnit),
    spendSearch: (textLength, soughtLength) =>
      spend((textLength / charactersPerUnit) * (1 + (soughtLength >> 6))),
  };
}
