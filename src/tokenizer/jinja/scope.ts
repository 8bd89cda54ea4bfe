import type { Budget } from "./budget.ts";
import { none, undefinedValue, type Value } from "./values.ts";

/** Names that a block defines; what is set inside a loop, macro or block is not seen outside. */
export interface Scope {
  variables: Map<string, Value>;
  parent: Scope | null;
}

const constants: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", none],
  ["None", none],
]);

export const newScope = (parent: Scope | null, variables = new Map<string, Value>()): Scope => ({
  variables,
  parent,
});

/** The value of a name in the scope or the nearest one around it. */
export function lookUp(name: string, scope: Scope, budget: Budget): Value {
  for (let place: Scope | null = constants.has(name) ? null : scope; place !== null; place = place.parent) {
    budget.spend(1);
    const value = place.variables.get(name);
    if (value !== undefined) {
      return value;
    }
  }
  return constants.get(name) ?? undefinedValue(`'${name}' is undefined`);
}
