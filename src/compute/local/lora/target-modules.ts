import { shown, wayOut } from "../../../error-text.ts";
import { embeddingWeight } from "../../../models/decoder-parameters.ts";
import type { LanguageModel } from "../../../models/model.ts";
import { linearLayersOf } from "../linear-layers.ts";
import { pythonPattern } from "./python-pattern.ts";

/**
 * Which modules get an adapter, by PEFT's rule: names or ends of names (`q_proj`, `self_attn.q_proj`), or one regular
 * expression for whole names, or `all-linear`: every linear layer but the vocabulary head.
 */
export type TargetModules = string | readonly string[];

const allLinear = "all-linear";

/** Throws a user's error about the setting that names the modules. */
export type Fail = (problem: string) => never;

/** The linear layers that are named, in the model's order, each with an adapter of its own. */
export function targetLayers(
  model: LanguageModel,
  targets: TargetModules,
  { fail, excluded = [] }: { fail: Fail; excluded?: TargetModules },
): string[] {
  const linear = [...linearLayersOf(model).keys()];
  if (typeof targets === "string" && targets.toLowerCase() === allLinear) {
    const isExcluded = matcher(excluded, fail);
    return linear.filter((name) => name !== model.headLayer && !isExcluded(name));
  }
  const isTarget = matcher(targets, fail);
  const isExcluded = matcher(excluded, fail);
  const named = moduleNames(model).filter((name) => isTarget(name) && !isExcluded(name));
  const other = named.find((name) => !linear.includes(name));
  if (other !== undefined) {
    const kind = `${other}.weight` === embeddingWeight ? "an embedding" : "no linear layer";
    fail(`names ${other}, which is ${kind}; only linear layers can have an adapter, leave it out`);
  }
  if (named.length === 0) {
    const [first] = typeof targets === "string" ? [targets] : targets;
    fail(`${shown(targets)} names no linear layer of the model${wayOut(first ?? "", lastParts(linear))}`);
  }
  return linear.filter((name) => named.includes(name));
}

/** The entry of a list of targets that names no linear layer, with a way out, or null. */
export function unknownTarget(model: LanguageModel, targets: TargetModules): string | null {
  const linear = [...linearLayersOf(model).keys()];
  const entries = typeof targets === "string" ? [] : targets;
  const unknown = entries.find((entry) => !linear.some((name) => isNamedBy(name, entry)));
  return unknown === undefined ? null : `${shown(unknown)}${wayOut(unknown, lastParts(linear))}`;
}

/** The shortest list of names that means these layers and no others. */
export function shortTargets(model: LanguageModel, layers: readonly string[]): string[] {
  const ends = lastParts(layers);
  const meant = moduleNames(model).filter((name) => ends.some((end) => isNamedBy(name, end)));
  return meant.length === layers.length ? ends : [...layers];
}

function isNamedBy(name: string, entry: string): boolean {
  return name === entry || name.endsWith(`.${entry}`);
}

function matcher(targets: TargetModules, fail: Fail): (name: string) => boolean {
  if (typeof targets !== "string") {
    return (name) => targets.some((entry) => isNamedBy(name, entry));
  }
  const pattern =
    pythonPattern(targets) ??
    fail(`${shown(targets)} is no regular expression that Python and JavaScript both know`);
  return (name) => pattern.test(name);
}

function lastParts(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.slice(name.lastIndexOf(".") + 1)))];
}

/** Every module that holds a parameter, and every module that holds such a module. */
function moduleNames(model: LanguageModel): string[] {
  const names = new Set<string>();
  for (const name of [...model.parameters.map(({ name }) => name), `${model.headLayer}.weight`]) {
    const parts = name.split(".");
    for (let length = 1; length < parts.length; length++) {
      names.add(parts.slice(0, length).join("."));
    }
  }
  return [...names];
}
