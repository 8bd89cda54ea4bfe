export type TokenKind =
  | "number"
  | "letter"
  | "symbol"
  | "constant"
  | "function"
  | "fraction"
  | "root"
  | "binomial"
  | "choose"
  | "modulo"
  | "operator"
  | "plus-minus"
  | "relation"
  | "set-operator"
  | "named-set"
  | "open"
  | "close"
  | "bar"
  | "such-that"
  | "comma"
  | "connective"
  | "power"
  | "subscript"
  | "factorial"
  | "percent"
  | "degree"
  | "prime"
  | "ellipsis"
  | "arrow"
  | "binder"
  | "begin"
  | "end"
  | "column"
  | "row"
  | "text"
  | "unit"
  | "repeating";

export interface Token {
  kind: TokenKind;
  value: string;
  /** Whether white space stands before. */
  spaced: boolean;
}

/** Whether something that follows the token side by side multiplies it or is its unit. */
export function endsOperand(token: Token): boolean {
  return [
    "number",
    "letter",
    "symbol",
    "constant",
    "close",
    "text",
    "repeating",
    "unit",
    "percent",
    "degree",
  ].includes(token.kind);
}
