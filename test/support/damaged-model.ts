import { cpSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";

type Json = Record<string, unknown>;

/** A copy of a model folder in which `damage` has changed something. */
export function damagedModel(model: string, copy: string, damage: (folder: string) => void): string {
  cpSync(model, copy, { recursive: true });
  damage(copy);
  return copy;
}

export function editJson(file: string, edit: (content: Json) => Json): void {
  writeFileSync(file, JSON.stringify(edit(JSON.parse(readFileSync(file, "utf8")) as Json)));
}

export function cutTo(file: string, share: number): void {
  truncateSync(file, Math.floor(readFileSync(file).length * share));
}

interface StoredTensor {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Stores one tensor of a safetensors file as zeros of another type; the file stays valid. */
export function storeAs(file: string, tensor: string, dtype: string, elementBytes: number): void {
  const bytes = readFileSync(file);
  const dataStart = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString("utf8", 8, dataStart)) as Record<string, StoredTensor>;
  const chunks: Buffer[] = [];
  let end = 0;
  for (const [name, entry] of Object.entries(header).filter(([name]) => name !== "__metadata__")) {
    const [first, last] = entry.data_offsets;
    const size = entry.shape.reduce((product, length) => product * length, elementBytes);
    const data = name === tensor ? Buffer.alloc(size) : bytes.subarray(dataStart + first, dataStart + last);
    header[name] = { ...entry, ...(name === tensor && { dtype }), data_offsets: [end, end + data.length] };
    chunks.push(data);
    end += data.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(file, Buffer.concat([length, json, ...chunks]));
}

/** Gives the tokenizer one token more than the model has rows for. */
export function addToken(folder: string): void {
  const { vocab_size: id } = JSON.parse(readFileSync(path.join(folder, "config.json"), "utf8")) as {
    vocab_size: number;
  };
  editJson(path.join(folder, "tokenizer.json"), (tokenizer) => ({
    ...tokenizer,
    added_tokens: [
      ...(tokenizer.added_tokens as Json[]),
      {
        id,
        content: "<more>",
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
  }));
}
