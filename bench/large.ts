import path from "node:path";
import { measureOurs, measurePeer } from "./process.ts";

interface Large {
  rollout_s: number;
  update_s: number;
  rollout_tokens_per_s: number;
  update_tokens_per_s: number;
  rollout_gflops: number;
  update_gflops: number;
  gemm_gflops: number;
}

const qwen05 = "896,24,14,2,4864,151936";
const qwen15 = "1536,28,12,2,8960,151936";
const peerScript = path.resolve("bench/large_peer.py");
const cases = [
  { name: "Qwen2.5-0.5B, 8 x 256 on 128", ours: ["--model", qwen05], peer: ["--model", qwen05] },
  {
    name: "Qwen2.5-1.5B with LoRA 16, 8 x 256 on 128",
    ours: ["--model", qwen15, "--rank", "16"],
    peer: null,
  },
];
const json = process.argv.includes("--json");
const chosen = process.argv.find((value) => /^\d$/.test(value));

for (const { name, ours: values, peer: peerValues } of cases.filter(
  (_, index) => !chosen || index === Number(chosen),
)) {
  const ours = await measureOurs<Large>("large-work", values);
  const peer =
    peerValues &&
    (await measurePeer<
      Pick<Large, "rollout_s" | "update_s" | "rollout_tokens_per_s" | "update_tokens_per_s">
    >(peerScript, peerValues));
  for (const phase of ["rollout", "update"] as const) {
    const figure = ours.result[`${phase}_tokens_per_s`];
    const other = peer?.result[`${phase}_tokens_per_s`] ?? null;
    const line = {
      bench: "large",
      case: `${name}, ${phase}`,
      ours: figure,
      peer: other,
      unit: "tokens/s",
      ratio: other === null ? null : Number((figure / other).toFixed(2)),
      peak_mb: Math.round(ours.peakMegabytes),
      peer_peak_mb: peer ? Math.round(peer.peakMegabytes) : null,
    };
    if (json) {
      console.log(JSON.stringify(line));
      continue;
    }
    const { result } = ours;
    const share = Math.round((100 * result[`${phase}_gflops`]) / result.gemm_gflops);
    const against = other === null ? "no peer" : `peer ${other}, ratio ${line.ratio}`;
    console.log(
      `${line.case}: ours ${figure} tokens/s in ${result[`${phase}_s`]} s, ${against}; ${result[`${phase}_gflops`]} GFLOP/s, ` +
        `${share}% of the matrix-product rate (${result.gemm_gflops}); peak ${line.peak_mb} MB, peer ${line.peer_peak_mb ?? "-"} MB`,
    );
  }
}
