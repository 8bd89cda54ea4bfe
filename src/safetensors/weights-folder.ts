import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { errorMessage, ModelError } from "../errors.ts";
import { openSafetensors, type SafetensorsFile } from "./reader.ts";

/** The weights of a model folder, in one file or several shards. */
export interface WeightsFolder {
  readonly names: readonly string[];
  shapeOf(name: string): readonly number[] | undefined;
  readInto(name: string, target: Float32Array): void;
  close(): void;
}

const singleFile = "model.safetensors";
const indexFile = "model.safetensors.index.json";

function readIndex(file: string): Map<string, string> {
  let weightMap: unknown;
  try {
    weightMap = (JSON.parse(readFileSync(file, "utf8")) as { weight_map?: unknown } | null)?.weight_map;
  } catch (error) {
    throw new ModelError(`cannot read ${file}: ${errorMessage(error)}; copy it again`);
  }
  const entries = Object.entries((weightMap ?? {}) as Record<string, unknown>);
  if (entries.length === 0) {
    throw new ModelError(`${file}: weight_map lists no tensors; copy the file again`);
  }
  for (const [name, shard] of entries) {
    if (typeof shard !== "string" || shard === "" || shard !== path.basename(shard)) {
      throw new ModelError(
        `${file}: weight_map places ${name} in ${JSON.stringify(shard)}, which is no file name in the same folder; correct it`,
      );
    }
  }
  return new Map(entries as [string, string][]);
}

/** Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names. */
export function openWeights(directory: string): WeightsFolder {
  const single = path.join(directory, singleFile);
  const index = path.join(directory, indexFile);
  if (!existsSync(single) && !existsSync(index)) {
    throw new ModelError(
      `${directory} has neither ${singleFile} nor ${indexFile}; is it a Hugging Face model folder?`,
    );
  }
  const shards = new Map<string, SafetensorsFile>();
  const owners = new Map<string, SafetensorsFile>();
  const close = (): void => {
    for (const shard of shards.values()) {
      shard.close();
    }
  };
  try {
    if (existsSync(single)) {
      const file = openSafetensors(single);
      shards.set(singleFile, file);
      for (const name of file.tensors.keys()) {
        owners.set(name, file);
      }
    } else {
      for (const [name, shard] of readIndex(index)) {
        if (!shards.has(shard) && !existsSync(path.join(directory, shard))) {
          throw new ModelError(`${index} names ${shard}, which is not in the folder; download it as well`);
        }
        const file = shards.get(shard) ?? openSafetensors(path.join(directory, shard));
        shards.set(shard, file);
        if (!file.tensors.has(name)) {
          throw new ModelError(
            `${index} places ${name} in ${shard}, which does not have it; copy both again`,
          );
        }
        owners.set(name, file);
      }
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    names: [...owners.keys()],
    shapeOf: (name) => owners.get(name)?.tensors.get(name)?.shape,
    readInto: (name, target) => {
      const owner = owners.get(name);
      if (owner === undefined) {
        throw new ModelError(`${directory} has no tensor ${name}; are they the weights of another model?`);
      }
      owner.readInto(name, target);
    },
    close,
  };
}
