import { compare } from "./compare.ts";

await compare<{ tokens_per_s: number }>({
  bench: "sampler",
  programs: { ours: "sampler-work", peer: "torch_step.py" },
  cases: ["64", "8"].map((batch) => {
    const values = ["--model", "256,6,4,2,1024,2048", "--batch", batch, "--len", "128", "--new", "100"];
    return { name: `batch ${batch}, 128 prompt tokens, 100 new`, ours: values, peer: ["sampler", ...values] };
  }),
  unit: "tokens/s",
  figure: ({ tokens_per_s }) => tokens_per_s,
});
