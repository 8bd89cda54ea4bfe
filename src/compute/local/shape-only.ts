import type { Backend, Buffer } from "../../engine/backend.ts";
import type { ElementType } from "../../engine/primitives.ts";
import type { Shape } from "../../engine/shape.ts";
import { internalError } from "../../errors.ts";
import type { LanguageModel } from "../../models/model.ts";
import { type AdapterDescription, createAdapter } from "./lora/adapter.ts";
import { adaptPolicy, type Policy } from "./policy.ts";

const nothing = new Float32Array(0);

function shapeOnly(shape: Shape, elementType: ElementType = "float"): Buffer {
  return { shape, elementType, values: nothing };
}

/** Lays out nothing: enough to build graphs with. */
const shapeOnlyBackend: Backend = {
  name: "shapes",
  // As on a processor with panels; others need less.
  panelWidth: 16,
  allocate: shapeOnly,
  wrap: (_, shape) => shapeOnly(shape),
  compile: () => {
    throw internalError("a policy without memory cannot run");
  },
};

/** A policy that knows the shapes of its parameters and takes no memory, to build graphs from. */
export function shapeOnlyPolicy(model: LanguageModel, adapter: AdapterDescription | null): Policy {
  const parameters = new Map(model.parameters.map(({ name, shape }) => [name, shapeOnly(shape)]));
  const policy: Policy = {
    backend: shapeOnlyBackend,
    model,
    parameters,
    adapter: null,
    trainable: parameters,
    panels: new Map(),
    rotaryTables: (positions) => {
      const table = shapeOnly([positions, model.dimensions.headSize / 2]);
      return { cosines: table, sines: table };
    },
  };
  return adapter === null
    ? policy
    : adaptPolicy(
        policy,
        createAdapter(shapeOnlyBackend, model, adapter, () => {}),
      );
}
