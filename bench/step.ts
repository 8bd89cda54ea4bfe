import { compare } from "./compare.ts";

interface Step {
  step_s: number;
  sample_s?: number;
  learn_s?: number;
  completion_length?: number;
}

await compare<Step>({
  bench: "step",
  programs: { ours: "step-work", peer: "trl_grpo.py" },
  cases: [{ name: "8 prompts x 8 completions, 64 + 64 tokens, 6.8M", ours: [], peer: [] }],
  unit: "s/step",
  figure: ({ step_s }) => step_s,
  smallerIsBetter: true,
  remark: ({ sample_s, learn_s, completion_length }) =>
    `sampling ${sample_s} s, learning ${learn_s} s, mean completion length ${completion_length}`,
});
