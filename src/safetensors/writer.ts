import { writeFileAtomically } from "../atomic-file.ts";

export interface TensorToWrite {
  name: string;
  shape: readonly number[];
  values: Float32Array;
}

const headerAlignment = 8;

function* fileChunks(tensors: readonly TensorToWrite[]): Generator<Uint8Array> {
  let offset = 0;
  const entries = tensors.map(({ name, shape, values }) => {
    const start = offset;
    offset += values.byteLength;
    return [name, { dtype: "F32", shape, data_offsets: [start, offset] }];
  });
  const json = JSON.stringify({ __metadata__: { format: "pt" }, ...Object.fromEntries(entries) });
  const bytes = Buffer.from(json);
  const padding = (headerAlignment - (bytes.length % headerAlignment)) % headerAlignment;
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length + padding));
  yield length;
  yield Buffer.concat([bytes, Buffer.alloc(padding, " ")]);
  for (const { values } of tensors) {
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
}

/** Writes float32 tensors in the given order; the same tensors give the same bytes. */
export function writeSafetensors(file: string, tensors: readonly TensorToWrite[]): void {
  writeFileAtomically(file, fileChunks(tensors));
}
