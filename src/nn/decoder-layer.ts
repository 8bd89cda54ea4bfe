import { add, multiply, rmsNorm, rotate, silu } from "../engine/operations.ts";
import type { Tensor } from "../engine/primitives.ts";
import type { Attend, HeadLayout } from "./attention.ts";
import type { Rows } from "./rows.ts";
import type { Weights } from "./weights.ts";

/**
 * A pre-norm decoder layer, [N, D] -> [N, D]: RMSNorm and grouped-query attention with rotary positions, then RMSNorm
 * and a SwiGLU MLP, each added to its input. Whether a projection has a bias is a matter of its weights.
 */
export function decoderLayer(
  weights: Weights,
  hidden: Tensor,
  { positions, cosines, sines }: Rows,
  attend: Attend,
  { heads, keyValueHeads, normEpsilon }: HeadLayout & { normEpsilon: number },
): Tensor {
  const attentionInput = rmsNorm(hidden, weights.tensor("input_layernorm.weight"), normEpsilon);
  const project = (name: string): Tensor => weights.linear(attentionInput, `self_attn.${name}`);
  const mixed = attend({
    queries: rotate(project("q_proj"), positions, cosines, sines, { heads }),
    keys: rotate(project("k_proj"), positions, cosines, sines, { heads: keyValueHeads }),
    values: project("v_proj"),
  });
  const attended = add(hidden, weights.linear(mixed, "self_attn.o_proj"));
  const mlpInput = rmsNorm(attended, weights.tensor("post_attention_layernorm.weight"), normEpsilon);
  return add(attended, swiglu(weights, mlpInput));
}

function swiglu(weights: Weights, x: Tensor): Tensor {
  const gate = silu(weights.linear(x, "mlp.gate_proj"));
  return weights.linear(multiply(gate, weights.linear(x, "mlp.up_proj")), "mlp.down_proj");
}
