import path from "node:path";
import type { UpstreamFile } from "./upstream-file.ts";
import type { TranslatedKey } from "./upstream-keys.ts";

/** Which of upstream's two text projects, whose rewards and trainers differ. */
export type Project = "open-r1" | "open-rs";

export interface TrainerChoice {
  /** As a recipe's `algorithm.name`. */
  algorithm: string;
  /** Of open-rs' two scripts for GPG, the other one. */
  variant: "gpg-std" | null;
  project: Project;
  /** Why, in words. */
  reason: string;
}

const scripts = ["gpg", "grpo", "sft"] as const;

const gpgKeys: readonly TranslatedKey[] = [
  "adjust_gd",
  "min_inverse_alpha",
  "sample_strategy",
  "scale_batch",
  "weighted_sample",
];
const groupKeys: readonly TranslatedKey[] = ["num_generations", "max_completion_length", "reward_funcs"];
const imitationKeys = ["packing", "max_length", "max_seq_length", "dataset_text_field"];

/**
 * Upstream chooses the script, and with it the algorithm, on the command line. What a file has to say about it, from what
 * is surest: the keys of one script only, its name, its `output_dir`, the folders that it lies in.
 */
export function chooseTrainer(file: UpstreamFile, asked: string | undefined): TrainerChoice {
  const project = projectOf(file);
  const variant =
    project === "open-rs" && /gpg[-_]?std/i.test(path.basename(file.source.file)) ? "gpg-std" : null;
  return { ...chooseAlgorithm(file, asked), project, variant };
}

function chooseAlgorithm(
  file: UpstreamFile,
  asked: string | undefined,
): Pick<TrainerChoice, "algorithm" | "reason"> {
  if (asked !== undefined) {
    return { algorithm: asked, reason: "as --set algorithm.name says" };
  }
  const name = file.text("pg_name")?.toLowerCase();
  if (name !== undefined) {
    const known = scripts.find((script) => script === name);
    if (known === undefined) {
      throw file.refuse("pg_name", scripts.join(" | "));
    }
    return { algorithm: known, reason: "as pg_name says" };
  }
  const gpgKey = gpgKeys.find((key) => file.has(key));
  if (gpgKey !== undefined) {
    return { algorithm: "gpg", reason: `as its key ${gpgKey} says` };
  }
  const sampling = groupKeys.some((key) => file.has(key));
  if (!sampling && imitationKeys.some((key) => file.keys.includes(key))) {
    return { algorithm: "sft", reason: "as its keys say" };
  }
  const possible = scripts.filter((script) => script !== "sft" || !sampling);
  const folders = path.resolve(file.source.file).split(path.sep).slice(0, -1).reverse();
  const places: readonly [reason: string, text: string | undefined][] = [
    ["as its file name says", path.basename(file.source.file)],
    ["as its output_dir says", path.basename(file.text("output_dir") ?? "")],
    ...folders.map((folder): [string, string] => ["as its folder says", `/${folder}/`]),
  ];
  for (const [reason, text = ""] of places) {
    const found = possible.find((script) =>
      reason === "as its folder says"
        ? text.toLowerCase() === `/${script}/`
        : text.toLowerCase().includes(script),
    );
    if (found !== undefined) {
      return { algorithm: found, reason };
    }
  }
  return { algorithm: "gpg", reason: "because nothing in it says which" };
}

/** By its folders; a file on its own is one of open-rs only where it says so itself. */
function projectOf(file: UpstreamFile): Project {
  const folders = path.resolve(file.source.file).split(path.sep).slice(0, -1);
  const folder = folders.findLast((name) => name === "open-r1" || name === "open-rs");
  if (folder !== undefined) {
    return folder as Project;
  }
  return /open-?rs/i.test(file.text("output_dir") ?? "") ? "open-rs" : "open-r1";
}
