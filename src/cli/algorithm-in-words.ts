import type { AlgorithmSection } from "./algorithm-section.ts";

/** What a reader who knows no recipe is told of an algorithm. */
export interface AlgorithmInWords {
  /** As in "steps of GPG". */
  label: string;
  /** With a link to its source, as in "trained with ...". */
  method: string;
  /** What it does, one sentence; none where its name says it. */
  sentence?: string;
}

const paper = (title: string, id: string): string => `[${title}](https://arxiv.org/abs/${id})`;

const words: Readonly<Record<AlgorithmSection["name"], AlgorithmInWords>> = {
  gpg: {
    label: "GPG",
    method: `${paper("Group Policy Gradient", "2504.02546")} (GPG)`,
    sentence: "GPG turns rewards into one weight a token and minimises `-sum(weight * logprob)`",
  },
  grpo: {
    label: "GRPO",
    method: `${paper("Group Relative Policy Optimization", "2402.03300")} (GRPO)`,
  },
  "dr-grpo": { label: "Dr. GRPO", method: paper("Dr. GRPO", "2503.20783") },
  dapo: { label: "DAPO", method: paper("DAPO", "2503.14476") },
  rloo: { label: "RLOO", method: `${paper("REINFORCE leave-one-out", "2402.14740")} (RLOO)` },
  "reinforce++": { label: "REINFORCE++", method: paper("REINFORCE++", "2501.03262") },
  sft: { label: "imitation", method: "supervised fine-tuning on worked solutions" },
};

export function algorithmInWords(section: AlgorithmSection): AlgorithmInWords {
  if (section.name !== "gpg") {
    return words[section.name];
  }
  const { beta } = section;
  const more =
    beta > 0
      ? `, beside a KL term of weight ${beta}: no critic, no ratio, no clipping.`
      : ": no critic, no reference model, no ratio, no clipping.";
  return { ...words.gpg, sentence: `${words.gpg.sentence}${more}` };
}
