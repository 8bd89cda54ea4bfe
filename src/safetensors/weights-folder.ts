import { existsSync } from "node:fs";
import path from "node:path";
import { shown, shownName } from "../error-text.ts";
import { ModelError } from "../errors.ts";
import { readJsonObject } from "../json-object-file.ts";
import { weightsFile, weightsIndexFile } from "../model-files.ts";
import type { TensorEntry } from "./header.ts";
import { openSafetensors, type SafetensorsFile } from "./reader.ts";
import { createScratch } from "./scratch.ts";

/** The weights of a model folder, in one file or several shards. */
export interface WeightsFolder {
  /** Every tensor by its name: its shape, its stored type and its place in its file. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The path of the file that holds the tensor. */
  fileOf(name: string): string;
  /** Reads a tensor as float32 into `target`, which has its size. */
  readInto(name: string, target: Float32Array): void;
  /** Reads the tensor's values from the one at `first` on as float32, as many as `target` takes. */
  readPart(name: string, first: number, target: Float32Array): void;
  close(): void;
}

function readIndex(file: string): Map<string, string> {
  const { weight_map: weightMap } = readJsonObject(file);
  const entries = Object.entries((weightMap ?? {}) as Record<string, unknown>);
  if (entries.length === 0) {
    throw new ModelError(`${file}: weight_map lists no tensors; copy the file again`);
  }
  for (const [name, shard] of entries) {
    const isName = typeof shard === "string" && shard !== "" && shard === path.basename(shard);
    if (!isName || shard === "." || shard === "..") {
      throw new ModelError(
        `${file}: weight_map places ${shownName(name)} in ${shown(shard)}, which is no file name in the same folder; correct it`,
      );
    }
  }
  return new Map(entries as [string, string][]);
}

/** The file of every tensor, once all shards that the index names are open. */
function openShards(
  directory: string,
  index: ReadonlyMap<string, string>,
  open: (name: string) => SafetensorsFile,
): Map<string, SafetensorsFile> {
  const indexPath = path.join(directory, weightsIndexFile);
  const shards = new Map<string, SafetensorsFile>();
  for (const name of new Set(index.values())) {
    if (!existsSync(path.join(directory, name))) {
      throw new ModelError(
        `${indexPath} names ${shownName(name)}, which is not in the folder; download it as well`,
      );
    }
    shards.set(name, open(name));
  }
  const owners = new Map<string, SafetensorsFile>();
  for (const [name, shard] of index) {
    const file = shards.get(shard)!;
    if (!file.tensors.has(name)) {
      throw new ModelError(
        `${indexPath} places ${shownName(name)} in ${shard}, which does not have it; copy both again`,
      );
    }
    owners.set(name, file);
  }
  // What a shard holds beyond the index counts too, as transformers reads it.
  for (const [shard, file] of shards) {
    for (const name of file.tensors.keys()) {
      const owner = owners.get(name) ?? file;
      if (owner !== file && !index.has(name)) {
        throw new ModelError(
          `${indexPath} does not list ${shownName(name)}, which both ${path.basename(owner.file)} and ${shard} have; copy the three again`,
        );
      }
      owners.set(name, owner);
    }
  }
  return owners;
}

/** Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names. */
export function openWeights(directory: string): WeightsFolder {
  const single = existsSync(path.join(directory, weightsFile));
  const index = path.join(directory, weightsIndexFile);
  if (!single && !existsSync(index)) {
    throw new ModelError(
      `${directory} has neither ${weightsFile} nor ${weightsIndexFile}; ${whatInstead(directory)}`,
    );
  }
  const scratch = createScratch();
  const opened: SafetensorsFile[] = [];
  const open = (name: string): SafetensorsFile => {
    const file = openSafetensors(path.join(directory, name), scratch);
    opened.push(file);
    return file;
  };
  const close = (): void => {
    for (const file of opened) {
      file.close();
    }
  };
  try {
    const owners = single ? ownersOf(open(weightsFile)) : openShards(directory, readIndex(index), open);
    const ownerOf = (name: string): SafetensorsFile => {
      const owner = owners.get(name);
      if (owner === undefined) {
        throw new ModelError(
          `${directory} has no tensor ${shownName(name)}; are they the weights of another model?`,
        );
      }
      return owner;
    };
    return {
      tensors: new Map([...owners].map(([name, file]) => [name, file.tensors.get(name)!])),
      fileOf: (name) => ownerOf(name).file,
      readInto: (name, target) => ownerOf(name).readInto(name, target),
      readPart: (name, first, target) => ownerOf(name).readPart(name, first, target),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function ownersOf(file: SafetensorsFile): Map<string, SafetensorsFile> {
  return new Map([...file.tensors.keys()].map((name) => [name, file]));
}

function whatInstead(directory: string): string {
  const pickled = ["pytorch_model.bin", "pytorch_model.bin.index.json"];
  return pickled.some((name) => existsSync(path.join(directory, name)))
    ? "pytorch_model.bin is not read, because such a file can run code; convert it to safetensors with transformers' save_pretrained"
    : "is it a Hugging Face model folder?";
}
