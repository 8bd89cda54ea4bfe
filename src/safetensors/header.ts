import { ModelError } from "../errors.ts";

/** Element types that can be read; all become float32. */
export const elementBytes = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;
export type StoredType = keyof typeof elementBytes;

/** One tensor of a safetensors file; offsets are bytes from the start of the file. */
export interface TensorEntry {
  name: string;
  storedType: string;
  shape: readonly number[];
  start: number;
  end: number;
}

/** The length of the header stands in the first eight bytes. */
export const lengthBytes = 8;

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/**
 * Checks a header against the size of its file and lists its tensors by offset. Data must fill the file without gap or
 * overlap, as the format demands; whatever lies is a ModelError that names the file and the tensor.
 */
export function parseHeader(
  json: string,
  headerLength: number,
  fileSize: number,
  file: string,
): TensorEntry[] {
  const fail = (problem: string): never => {
    throw new ModelError(`${file}: ${problem}; the file is damaged or incomplete, download or copy it again`);
  };
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch {
    return fail("its header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    return fail("its header is not an object");
  }
  const dataStart = lengthBytes + headerLength;
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]): TensorEntry => {
      const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
      if (typeof dtype !== "string" || !Array.isArray(shape) || !shape.every(isCount)) {
        return fail(`tensor ${name} has no valid dtype and shape`);
      }
      if (
        !Array.isArray(offsets) ||
        offsets.length !== 2 ||
        !offsets.every(isCount) ||
        offsets[0] > offsets[1]
      ) {
        return fail(`tensor ${name} has no valid data_offsets`);
      }
      const entry = {
        name,
        storedType: dtype,
        shape,
        start: dataStart + offsets[0],
        end: dataStart + offsets[1],
      };
      if (entry.end > fileSize) {
        return fail(`tensor ${name} ends at byte ${entry.end} but the file has ${fileSize} bytes`);
      }
      const width = elementBytes[dtype as StoredType];
      const bytes = shape.reduce((product, size) => product * size, width ?? 0);
      if (width !== undefined && bytes !== entry.end - entry.start) {
        return fail(
          `tensor ${name} of shape [${shape}] and type ${dtype} needs ${bytes} bytes, has ${entry.end - entry.start}`,
        );
      }
      return entry;
    })
    .sort((a, b) => a.start - b.start || a.end - b.end);
  let position = dataStart;
  for (const { name, start, end } of entries) {
    if (start !== position) {
      fail(`tensor ${name} starts at byte ${start}, expected ${position}`);
    }
    position = end;
  }
  if (position !== fileSize) {
    fail(`its tensors end at byte ${position} but the file has ${fileSize} bytes`);
  }
  return entries;
}
