import type { Backend } from "../../engine/backend.ts";
import type { AdaptedModel, ModelDescription, ModelSource } from "./local-model.ts";
import { type Adapter, type AdapterDescription, createAdapter } from "./lora/adapter.ts";
import { readAdapterConfig } from "./lora/adapter-config.ts";
import {
  checkCopiesOfBase,
  createSavedAdapter,
  describeAdapter,
  withAdapterWeights,
} from "./lora/adapter-folder.ts";
import { newAdapterValues } from "./lora/new-adapter.ts";
import { withWeights } from "./model-folder.ts";
import { adaptPolicy, createPolicy, type Policy } from "./policy.ts";
import { randomWeights } from "./random-weights.ts";
import { createSavedFolder, type SavedFolder, type SavedFolderOptions } from "./saved-folder.ts";

/** Lays out the weights of a described model: read from its folder, or random from its seed. */
export function loadPolicy(backend: Backend, source: ModelSource, description: ModelDescription): Policy {
  const { model } = description;
  if (typeof source !== "string" && "seed" in source) {
    return createPolicy(backend, model, randomWeights(model, source.seed));
  }
  const folder = typeof source === "string" ? source : source.base;
  const policy = withWeights(folder, model, (fill) => createPolicy(backend, model, fill));
  return typeof source === "string" ? policy : loadAdapter(policy, source.adapter, description.adapter!);
}

function loadAdapter(
  policy: Policy,
  source: AdaptedModel["adapter"],
  description: AdapterDescription,
): Policy {
  const { backend, model } = policy;
  const load = (fill: (name: string, values: Float32Array) => void): Adapter =>
    createAdapter(backend, model, description, fill);
  if (typeof source !== "string") {
    return adaptPolicy(policy, load(newAdapterValues(model, description, source.seed)));
  }
  checkCopiesOfBase(source, policy);
  return adaptPolicy(policy, withAdapterWeights(source, load));
}

/** What `save` writes: the model, or the adapter alone where there is one. */
export function savedFolderOf(
  policy: Policy,
  { sideFiles, storedTypes: types }: ModelDescription,
  options: SavedFolderOptions,
): SavedFolder {
  return policy.adapter === null
    ? createSavedFolder(policy, { sideFiles, types }, options)
    : createSavedAdapter(policy.adapter, sideFiles, options);
}

/** Calls `read` with a function that fills one trained parameter after another from what `save` wrote. */
export function withSavedWeights(
  directory: string,
  { adapter, model }: Policy,
  read: (fill: (name: string, values: Float32Array) => void) => void,
): void {
  if (adapter === null) {
    withWeights(directory, model, read);
    return;
  }
  // Another adapter's tensors must not be taken for this one's.
  describeAdapter(directory, readAdapterConfig(directory), model);
  withAdapterWeights(directory, read);
}
