/** Files that lie directly in `src/`: the values that flow, errors, random numbers. Every folder may import them. */
export const layer0 = "layer 0";

/** Files that lie directly in `src/compute/`: the interfaces between trainer and engine. */
export const computeInterfaces = "compute";

/** Folders of `src/compute/` that speak to a service; `compute/local` has a row of its own. */
export const computeService = "compute/<service>";

/**
 * What the files of each folder of `src/` may import beside themselves and layer 0: folders, or single files where only
 * one is meant. `anything` is for the command line, which joins all parts.
 */
export const importTable: Readonly<Record<string, readonly string[] | "anything">> = {
  [layer0]: [],
  engine: [],
  tokenizer: [],
  safetensors: [],
  rewards: [],
  datasets: [],
  algorithms: [],
  hub: [],
  [computeInterfaces]: [],
  nn: ["engine"],
  optim: ["engine"],
  losses: ["engine"],
  models: ["nn", "engine", "safetensors", "tokenizer"],
  tasks: ["rewards", "datasets"],
  "compute/local": [
    computeInterfaces,
    "models",
    "losses",
    "optim",
    "nn",
    "engine",
    "tokenizer",
    "safetensors",
  ],
  [computeService]: [computeInterfaces, "tokenizer"],
  eval: ["tasks", "algorithms", computeInterfaces],
  trainer: ["tasks", "algorithms", computeInterfaces, "eval"],
  dashboard: ["trainer/journal.ts"],
  cli: "anything",
};
