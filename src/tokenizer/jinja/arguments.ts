import { TemplateError } from "./template-error.ts";
import { numberOf, typeName, type Value } from "./values.ts";

/** The arguments of a call, positional and named. */
export interface Arguments {
  positional: readonly Value[];
  named: ReadonlyMap<string, Value>;
}

/** Arguments by the names of a function's parameters; undefined where none was given. */
export function bind(
  owner: string,
  names: readonly string[],
  { positional, named }: Arguments,
): (Value | undefined)[] {
  if (positional.length > names.length) {
    throw new TemplateError(
      `${owner} takes at most ${names.length} arguments, ${positional.length} were given`,
    );
  }
  for (const name of named.keys()) {
    const index = names.indexOf(name);
    if (index < 0 || index < positional.length) {
      throw new TemplateError(`${owner} got an unexpected argument '${name}'`);
    }
  }
  return names.map((name, index) => positional[index] ?? named.get(name));
}

export function integerArgument(owner: string, value: Value | undefined, otherwise: number): number {
  if (value === undefined) {
    return otherwise;
  }
  if (typeof value !== "number" && typeof value !== "boolean") {
    throw new TemplateError(`${owner} needs an integer, not '${typeName(value)}'`);
  }
  return Number(value);
}

export function textArgument(owner: string, value: Value | undefined): string {
  if (typeof value !== "string") {
    throw new TemplateError(
      `${owner} needs a string, not '${value === undefined ? "nothing" : typeName(value)}'`,
    );
  }
  return value;
}

export function numberArgument(owner: string, value: Value): number {
  const number = numberOf(value);
  if (number === undefined) {
    throw new TemplateError(`${owner} needs a number, not '${typeName(value)}'`);
  }
  return number;
}
