import path from "node:path";
import { writeFileAtomically } from "../../atomic-file.ts";
import { configFile } from "../../model-files.ts";
import { writeWeights } from "../../safetensors/weights-writer.ts";
import type { TensorToWrite, WrittenType } from "../../safetensors/writer.ts";
import type { SideFiles } from "./model-folder.ts";
import type { Policy } from "./policy.ts";

const writtenTypes = { float32: "F32", float16: "F16", bfloat16: "BF16" } as const;

/** How saved weights are stored: as where the model came from, or all in one type. */
export type SavedDtype = "source" | keyof typeof writtenTypes;
export const savedDtypes: readonly SavedDtype[] = [
  "source",
  ...(Object.keys(writtenTypes) as (keyof typeof writtenTypes)[]),
];

export interface SavedFolderOptions {
  dtype?: SavedDtype | undefined;
  /** Weights beyond this many bytes are split into files of at most so many; 5 GB by default. */
  shardBytes?: number | undefined;
}

/** The policy as a model folder on disk holds it. */
export interface SavedFolder {
  /** Writes config, weights and side files into a directory: a folder that transformers loads. */
  write(directory: string): void;
  /** True for parameters that are stored narrower than they are trained, so that the folder alone cannot restore them. */
  isNarrowed(name: string): boolean;
}

/** `types` are the stored types of the model's source. */
export function createSavedFolder(
  policy: Policy,
  { sideFiles, types }: { sideFiles: SideFiles; types: ReadonlyMap<string, WrittenType> },
  { dtype = "source", shardBytes }: SavedFolderOptions,
): SavedFolder {
  const { model, parameters } = policy;
  const typeOf = writtenTypeOf(dtype, types);
  const files =
    dtype === "source"
      ? sideFiles
      : { ...sideFiles, [configFile]: encodeConfig(withDtype(model.configuration, dtype)) };
  return {
    isNarrowed: (name) => typeOf(name) !== "F32",
    write: (directory) => {
      const tensors = model.parameters.map(({ name, shape }): TensorToWrite => {
        const values = parameters.get(name)!.values as Float32Array;
        return { name, shape, values, storedType: typeOf(name) };
      });
      writeWeights(directory, tensors, shardBytes);
      for (const [name, content] of Object.entries(files)) {
        writeFileAtomically(path.join(directory, name), content);
      }
    },
  };
}

/** The type that each tensor is written in, given those of its source. */
export function writtenTypeOf(
  dtype: SavedDtype,
  types: ReadonlyMap<string, WrittenType>,
): (name: string) => WrittenType {
  return (name) => (dtype === "source" ? (types.get(name) ?? "F32") : writtenTypes[dtype]);
}

/** Names the dtype where the configuration does already: older ones have `torch_dtype`, newer ones `dtype`. */
export function withDtype(
  configuration: Readonly<Record<string, unknown>>,
  dtype: keyof typeof writtenTypes,
): Record<string, unknown> {
  const named = ["torch_dtype", "dtype"].filter((key) => key in configuration);
  const keys = named.length > 0 ? named : ["dtype"];
  return { ...configuration, ...Object.fromEntries(keys.map((key) => [key, dtype])) };
}

/** The bytes of `config.json`. */
export function encodeConfig(configuration: Readonly<Record<string, unknown>>): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(configuration, null, 2)}\n`);
}
