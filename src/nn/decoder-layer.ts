import { add, reshape, rmsNorm, rotate } from "../engine/operations.ts";
import type { Tensor } from "../engine/primitives.ts";
import type { Attend, HeadLayout } from "./attention.ts";
import type { SwigluMlp } from "./mlp.ts";
import type { Rows } from "./rows.ts";
import type { Weights } from "./weights.ts";

export interface DecoderLayerOptions extends HeadLayout {
  normEpsilon: number;
  /** Each head of the queries and of the keys is normalised over headSize before it is rotated. */
  headNorms: boolean;
}

export const mlpLayers: SwigluMlp<string> = {
  gate: "mlp.gate_proj",
  up: "mlp.up_proj",
  down: "mlp.down_proj",
};

/**
 * A pre-norm decoder layer, [N, D] -> [N, D]: RMSNorm and grouped-query attention with rotary positions, then RMSNorm
 * and a SwiGLU MLP, each added to its input. Whether a projection has a bias is a matter of its weights.
 */
export function decoderLayer(
  weights: Weights,
  hidden: Tensor,
  { positions, cosines, sines }: Rows,
  attend: Attend,
  { heads, keyValueHeads, headSize, normEpsilon, headNorms }: DecoderLayerOptions,
): Tensor {
  const attentionInput = rmsNorm(hidden, weights.tensor("input_layernorm.weight"), normEpsilon);
  const project = (name: string): Tensor => weights.linear(attentionInput, `self_attn.${name}_proj`);
  const rotated = (name: string, count: number): Tensor => {
    const projected = project(name);
    if (!headNorms) {
      return rotate(projected, positions, cosines, sines, { heads: count });
    }
    const perHead = reshape(projected, [projected.shape[0] * count, headSize]);
    const normed = rmsNorm(perHead, weights.tensor(`self_attn.${name}_norm.weight`), normEpsilon);
    return rotate(reshape(normed, projected.shape), positions, cosines, sines, { heads: count });
  };
  const mixed = attend({
    queries: rotated("q", heads),
    keys: rotated("k", keyValueHeads),
    values: project("v"),
  });
  const attended = add(hidden, weights.linear(mixed, "self_attn.o_proj"));
  const mlpInput = rmsNorm(attended, weights.tensor("post_attention_layernorm.weight"), normEpsilon);
  return add(attended, weights.swigluMlp(mlpInput, mlpLayers));
}
