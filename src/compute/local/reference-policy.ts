import type { Buffer } from "../../engine/backend.ts";
import { withWeights } from "./model-folder.ts";
import type { Policy } from "./policy.ts";
import { createSavedFolder } from "./saved-folder.ts";

/** What the KL term of a loss compares the policy with. */
export interface ReferencePolicy {
  readonly policy: Policy;
  /** Takes over the policy as it is now. The base under an adapter stays what it is. */
  freeze(): void;
  /** Writes a model folder from which `load` restores the reference to the bit. */
  save(directory: string): void;
  load(directory: string): void;
}

/** The policy without its adapter, which takes no memory; a copy of its weights where it has none. */
export function createReferencePolicy(policy: Policy): ReferencePolicy {
  const { backend, model, adapter } = policy;
  if (adapter !== null) {
    const base: Policy = { ...policy, adapter: null, trainable: new Map() };
    return { policy: base, freeze: () => {}, save: () => {}, load: () => {} };
  }
  const parameters = new Map<string, Buffer>(
    model.parameters.map(({ name, shape }) => [name, backend.allocate(shape)]),
  );
  const copy: Policy = { ...policy, parameters, trainable: new Map(), panels: new Map() };
  const freeze = (): void => {
    for (const [name, { values }] of policy.parameters) {
      (parameters.get(name)!.values as Float32Array).set(values as Float32Array);
    }
  };
  freeze();
  const saved = createSavedFolder(copy, { sideFiles: {}, types: new Map() }, { dtype: "float32" });
  return {
    policy: copy,
    freeze,
    save: (directory) => saved.write(directory),
    load: (directory) =>
      withWeights(directory, model, (fill) => {
        for (const [name, { values }] of parameters) {
          fill(name, values as Float32Array);
        }
      }),
  };
}
