import type { Expression } from "./expression.ts";

/** A text that is the same for expressions that differ in the order of terms, factors and set members only. */
export function canonicalText(expression: Expression): string {
  switch (expression.kind) {
    case "number":
      return `${expression.value.numerator}/${expression.value.denominator}${expression.subscript ? `_${expression.subscript}` : ""}`;
    case "symbol":
    case "constant":
    case "named-set":
      return expression.name;
    case "text":
      return `"${expression.text}"`;
    case "sum":
      return `(${sorted(expression.terms).join("+")})`;
    case "product":
      return `(${sorted(expression.factors).join("*")})`;
    case "power":
      return `${canonicalText(expression.base)}^${canonicalText(expression.exponent)}`;
    case "call":
      return `${expression.name}(${expression.arguments.map(canonicalText).join(",")})`;
    case "binder":
      return `${expression.name}[${expression.variable},${text(expression.from)},${text(expression.to)}](${canonicalText(expression.body)})`;
    case "percent":
      return `${canonicalText(expression.value)}%`;
    case "quantity":
      return canonicalText(expression.value);
    case "relation":
      return expression.operands
        .map((operand, index) => canonicalText(operand) + (expression.operators[index] ?? ""))
        .join("");
    case "connected":
      return `(${sorted(expression.parts).join(` ${expression.connective} `)})`;
    case "set-operation":
      return expression.name === "difference"
        ? expression.parts.map(canonicalText).join("\\")
        : `(${sorted(expression.parts).join(` ${expression.name} `)})`;
    case "sequence": {
      const ordered = expression.open === "(" || expression.open === "[" || expression.open === "<";
      const members = ordered ? expression.members.map(canonicalText) : sorted(expression.members);
      return `${expression.open}${members.join(",")}${expression.close}`;
    }
    case "interval":
      return `${expression.startOpen ? "(" : "["}${text(expression.start)},${text(expression.end)}${expression.endOpen ? ")" : "]"}`;
    case "plus-minus":
      return `(${text(expression.left)}±${canonicalText(expression.right)})`;
    case "set-builder":
      return `{|${canonicalText(expression.condition)}}`;
    case "matrix":
      return `[${expression.rows.map((row) => row.map(canonicalText).join("&")).join("\\")}]`;
  }
}

function sorted(parts: readonly Expression[]): string[] {
  return parts.map(canonicalText).sort();
}

function text(expression: Expression | undefined): string {
  return expression ? canonicalText(expression) : "";
}
