import { endsOperand, type Token } from "./token.ts";

/** `]1, 2[` and `[1, 2[` of French schools as `(1, 2)` and `[1, 2)`; what is no interval stays as it is. */
export function withInwardBrackets(tokens: readonly Token[]): Token[] {
  const result = [...tokens];
  for (let start = 0; start < result.length; start++) {
    const end = opensInterval(result, start) ? endOfInterval(result, start) : undefined;
    const [open, close] = [result[start], end === undefined ? undefined : result[end]];
    if (open && close && end !== undefined) {
      result[start] = { ...open, kind: "open", value: open.kind === "close" ? "(" : "[" };
      result[end] = { ...close, kind: "close", value: close.kind === "open" ? ")" : "]" };
      start = end;
    }
  }
  return result;
}

function opensInterval(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  return isSquare(tokens[index]) && !(before && (endsOperand(before) || before.kind === "close"));
}

/** The bracket that ends an interval: behind one comma, where nothing follows that it could open. */
function endOfInterval(tokens: readonly Token[], start: number): number | undefined {
  let depth = 0;
  let commas = 0;
  for (let index = start + 1; index < tokens.length; index++) {
    const token = tokens[index]!;
    if (isSquare(token) && depth === 0) {
      const next = tokens[index + 1];
      const ends = !next || ["set-operator", "comma", "connective", "close", "text"].includes(next.kind);
      return commas === 1 && ends ? index : undefined;
    }
    depth += token.kind === "open" ? 1 : token.kind === "close" ? -1 : 0;
    commas += token.kind === "comma" && depth === 0 ? 1 : 0;
    if (depth < 0) {
      return undefined;
    }
  }
  return undefined;
}

function isSquare(token: Token | undefined): boolean {
  return (token?.kind === "open" || token?.kind === "close") && (token.value === "[" || token.value === "]");
}
