import { shown, shownName } from "../error-text.ts";
import { errorMessage, ModelError } from "../errors.ts";
import { parseShallowJson } from "../shallow-json.ts";
import { repeatedKey } from "./repeated-key.ts";

/** Element types that can be read; all become float32. */
export const elementBytes = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;
export type StoredType = keyof typeof elementBytes;

/** The type of a tensor whose values can be read; throws a ModelError that names `file` for any other. */
export function readableType({ name, storedType }: TensorEntry, file: string): StoredType {
  if (!Object.hasOwn(elementBytes, storedType)) {
    const known = Object.keys(elementBytes).join(", ");
    throw new ModelError(
      `${file}: tensor ${shownName(name)} is stored as ${storedType}; supported: ${known}; convert it to one of these`,
    );
  }
  return storedType as StoredType;
}

/** Bits of the format's other element types, which a file may hold beside the weights. */
const otherTypeBits: Readonly<Record<string, number>> = {
  ...{ BOOL: 8, U8: 8, I8: 8, U16: 16, I16: 16, U32: 32, I32: 32, U64: 64, I64: 64, C64: 64 },
  ...{ F4: 4, F6_E2M3: 6, F6_E3M2: 6, F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8 },
};

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
/** The reference implementation accepts no longer header either. */
export const maximumHeaderBytes = 100_000_000;

const metadataKey = "__metadata__";
/** The header's object, a tensor's and its lists: what is deeper is no header. */
const headerDepth = 3;

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function elementBits(storedType: string): number | undefined {
  if (Object.hasOwn(elementBytes, storedType)) {
    return 8 * elementBytes[storedType as StoredType];
  }
  return Object.hasOwn(otherTypeBits, storedType) ? otherTypeBits[storedType] : undefined;
}

function parseObject(bytes: Uint8Array, fail: (problem: string) => never): Record<string, unknown> {
  let json: string;
  let header: unknown;
  try {
    json = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    header = parseShallowJson(json, headerDepth);
  } catch (error) {
    return fail(`its header is not JSON that describes tensors (${errorMessage(error)})`);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    return fail("its header is not an object");
  }
  const repeated = repeatedKey(json);
  if (repeated !== null) {
    return fail(`its header lists tensor ${shownName(repeated)} twice`);
  }
  return header as Record<string, unknown>;
}

function checkMetadata(metadata: unknown, fail: (problem: string) => never): void {
  const isText =
    typeof metadata === "object" &&
    !Array.isArray(metadata) &&
    Object.values(metadata ?? {}).every((value) => typeof value === "string");
  if (metadata !== undefined && !isText) {
    fail(`its ${metadataKey} is ${shown(metadata)}, expected an object of texts`);
  }
}

/**
 * Checks a header against the size of its file and lists its tensors by offset. Data must fill the file without gap or
 * overlap, as the format demands; whatever lies is a ModelError that names the file and the tensor.
 */
export function parseHeader(bytes: Uint8Array, fileSize: number, file: string): TensorEntry[] {
  const fail = (problem: string): never => {
    throw new ModelError(`${file}: ${problem}; the file is damaged or incomplete, download or copy it again`);
  };
  const dataStart = lengthBytes + bytes.length;
  const header = parseObject(bytes, fail);
  checkMetadata(Object.hasOwn(header, metadataKey) ? header[metadataKey] : undefined, fail);
  const entries = Object.entries(header)
    .filter(([name]) => name !== metadataKey)
    .map(([name, value]): TensorEntry => {
      const tensor = `tensor ${shownName(name)}`;
      const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
      if (typeof dtype !== "string" || !Array.isArray(shape) || !shape.every(isCount)) {
        return fail(
          `${tensor} has dtype ${shown(dtype)} and shape ${shown(shape)}, expected a type and a list of sizes`,
        );
      }
      const bits = elementBits(dtype);
      if (bits === undefined) {
        return fail(`${tensor} has type ${shownName(dtype)}, which the format does not know`);
      }
      const ordered = Array.isArray(offsets) && offsets.length === 2 && offsets.every(isCount);
      if (!ordered || offsets[0] > offsets[1]) {
        return fail(
          `${tensor} has data_offsets ${shown(offsets)}, expected its first byte and the one after its last`,
        );
      }
      const start = dataStart + offsets[0];
      const end = dataStart + offsets[1];
      if (end > fileSize) {
        return fail(`${tensor} ends at byte ${end} but the file has ${fileSize} bytes`);
      }
      const needed = shape.reduce((product, size) => product * size, bits) / 8;
      if (needed !== end - start) {
        return fail(
          `${tensor} of shape ${shown(shape)} and type ${dtype} needs ${needed} bytes, has ${end - start}`,
        );
      }
      return { name, storedType: dtype, shape, start, end };
    })
    .sort((a, b) => a.start - b.start || a.end - b.end);
  let position = dataStart;
  for (const { name, start, end } of entries) {
    if (start !== position) {
      fail(`tensor ${shownName(name)} starts at byte ${start}, expected ${position}`);
    }
    position = end;
  }
  if (position !== fileSize) {
    fail(`its tensors end at byte ${position} but the file has ${fileSize} bytes`);
  }
  return entries;
}
