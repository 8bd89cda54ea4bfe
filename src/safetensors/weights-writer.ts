import path from "node:path";
import { writeFileAtomically } from "../atomic-file.ts";
import { weightsFile, weightsIndexFile } from "../model-files.ts";
import { type TensorToWrite, writeSafetensors, writtenBytes } from "./writer.ts";

/** The largest shard that transformers and the hub's tools write by default: 5 GB. */
const defaultShardBytes = 5e9;

/** The name of a shard, counted from 1. */
function shardFile(number: number, count: number): string {
  const digits = (value: number): string => String(value).padStart(5, "0");
  return `model-${digits(number)}-of-${digits(count)}.safetensors`;
}

/** Cuts tensors into shards as huggingface_hub does: in order, a tensor over the limit in a shard of its own. */
function splitIntoShards(tensors: readonly TensorToWrite[], shardBytes: number): TensorToWrite[][] {
  const shards: TensorToWrite[][] = [];
  let current: TensorToWrite[] = [];
  let size = 0;
  for (const tensor of tensors) {
    const bytes = writtenBytes(tensor);
    if (bytes > shardBytes) {
      shards.push([tensor]);
      continue;
    }
    if (size + bytes > shardBytes) {
      shards.push(current);
      current = [];
      size = 0;
    }
    current.push(tensor);
    size += bytes;
  }
  return current.length > 0 ? [...shards, current] : shards;
}

/**
 * Writes `model.safetensors`, or, where that would exceed `shardBytes`, shards and then their index, into a folder
 * without weights.
 */
export function writeWeights(
  directory: string,
  tensors: readonly TensorToWrite[],
  shardBytes = defaultShardBytes,
): void {
  const shards = splitIntoShards(tensors, shardBytes);
  if (shards.length <= 1) {
    writeSafetensors(path.join(directory, weightsFile), tensors);
    return;
  }
  const places = shards.flatMap((shard, index) =>
    shard.map(({ name }): [string, string] => [name, shardFile(index + 1, shards.length)]),
  );
  for (const [index, shard] of shards.entries()) {
    writeSafetensors(path.join(directory, shardFile(index + 1, shards.length)), shard);
  }
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const content = {
    metadata: {
      total_parameters: sum(tensors.map(({ values }) => values.length)),
      total_size: sum(tensors.map(writtenBytes)),
    },
    weight_map: Object.fromEntries(places.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  writeFileAtomically(path.join(directory, weightsIndexFile), `${JSON.stringify(content, null, 2)}\n`);
}
