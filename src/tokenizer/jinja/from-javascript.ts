import { TemplateError } from "./template-error.ts";
import { float, list, none, type Value } from "./values.ts";

/** A JSON-like value as templates see it, and its size in units of a budget. A missing property is no key. */
export function fromJavaScript(input: unknown): { value: Value; units: number } {
  let units = 0;
  const convert = (one: unknown): Value => {
    units++;
    switch (typeof one) {
      case "string":
        units += one.length / 8;
        return one;
      case "boolean":
        return one;
      case "number":
        return Number.isSafeInteger(one) ? one : float(one);
      case "object":
        if (one === null) {
          return none;
        }
        if (Array.isArray(one)) {
          return list(one.map(convert));
        }
        return {
          kind: "dict",
          entries: new Map(
            Object.entries(one)
              .filter(([, value]) => value !== undefined)
              .map(([key, value]) => [key, convert(value)]),
          ),
        };
      default:
        throw new TemplateError(`a template cannot be given a ${typeof one}`);
    }
  };
  return { value: convert(input), units };
}
