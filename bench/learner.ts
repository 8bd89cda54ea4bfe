import { compare } from "./compare.ts";

const sizes = [
  ["--model", "256,6,4,2,1024,2048", "--batch", "32", "--len", "128"],
  ["--model", "512,8,8,4,2048,4096", "--batch", "16", "--len", "256", "--repeats", "3"],
];

await compare<{ tokens_per_s: number; gflops: number; gemm_gflops: number }>({
  bench: "learner",
  programs: { ours: "learner-work", peer: "torch_step.py" },
  cases: sizes.map((values) => ({
    name: `${values[1]} ${values[3]}x${values[5]}`,
    ours: values,
    peer: ["learner", ...values],
  })),
  unit: "tokens/s",
  figure: ({ tokens_per_s }) => tokens_per_s,
  remark: ({ gflops, gemm_gflops }) =>
    `${gflops} GFLOP/s, ${Math.round((100 * gflops) / gemm_gflops)}% of the matrix-product rate (${gemm_gflops})`,
});
