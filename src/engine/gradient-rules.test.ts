import { describe, expect, test } from "vitest";
import { relativeError } from "../../test/engine/closeness.ts";
import { finiteDifferences } from "../../test/engine/differentiate.ts";
import { evaluate } from "../../test/engine/evaluate.ts";
import { buildCase } from "../../test/engine/graph-case.ts";
import { primitiveCases } from "../../test/engine/primitive-cases.ts";
import { createReferenceBackend } from "./backends/reference/backend.ts";

const backend = createReferenceBackend();

describe.each(Object.entries(primitiveCases))("the gradient of %s", (primitive, cases) => {
  test.each(cases)("is the slope of its value: $name", (graphCase) => {
    const { value, loss, gradients, feeds } = buildCase(graphCase);
    expect(value.primitive).toBe(primitive);
    const slopes = finiteDifferences(backend, loss, Object.keys(gradients), feeds);
    const found = evaluate(backend, gradients, feeds);
    for (const name of Object.keys(gradients)) {
      expect(relativeError(found[name], slopes[name], 1e-3), name).toBeLessThan(1e-6);
    }
  });
});
