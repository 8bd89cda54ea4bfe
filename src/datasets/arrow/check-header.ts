import { DataType, MetadataVersion } from "apache-arrow";
import type { RecordBatch } from "apache-arrow/ipc/metadata/message";

/** What columns of some types consist of. */
interface Parts {
  nodes: number;
  buffers: number;
  /** Columns of views, which have any number of buffers more. */
  views: number;
}

/**
 * Checks that the header of a record batch describes columns of these types and a body of so many bytes. Throws Error: the
 * library takes missing parts for empty ones, and makes as many as are claimed.
 */
export function checkHeader(
  { length, nodes, buffers, variadicBufferCounts: counts }: RecordBatch,
  types: readonly DataType[],
  version: MetadataVersion,
  bodyLength: number,
): void {
  const wanted: Parts = { nodes: 0, buffers: 0, views: 0 };
  const ofColumns = types.map((type) => {
    const first = wanted.nodes;
    addParts(wanted, type, version);
    return first;
  });
  const isCount = (count: number): boolean => Number.isSafeInteger(count) && count >= 0;
  const extra = counts.reduce((sum, count) => sum + (isCount(count) ? count : Number.NaN), 0);
  if (
    nodes.length !== wanted.nodes ||
    buffers.length !== wanted.buffers + extra ||
    counts.length !== wanted.views
  ) {
    throw new Error(
      `its ${nodes.length} parts and ${buffers.length} buffers are not those of its columns (${wanted.nodes} and ${wanted.buffers})`,
    );
  }
  const wrong = nodes.find((node) => !(isCount(node.length) && node.nullCount <= node.length));
  if (wrong !== undefined) {
    throw new Error(`a column claims ${wrong.length} values, ${wrong.nullCount} of them null`);
  }
  const other = ofColumns.map((index) => nodes[index]).find((node) => node.length !== length);
  if (!isCount(length) || other !== undefined) {
    throw new Error(
      `a column of ${other?.length ?? "no"} values stands in a batch that claims ${length} rows`,
    );
  }
  const outside = buffers.find(
    (buffer) =>
      !(isCount(buffer.offset) && isCount(buffer.length) && buffer.offset + buffer.length <= bodyLength),
  );
  if (outside !== undefined) {
    throw new Error(
      `a buffer claims ${outside.length} bytes from byte ${outside.offset} of a body of ${bodyLength}`,
    );
  }
}

function addParts(parts: Parts, type: DataType, version: MetadataVersion): void {
  parts.nodes += 1;
  parts.buffers += bufferCount(type, version);
  parts.views += isView(type) ? 1 : 0;
  // The values of a dictionary have a batch of their own.
  for (const { type: inner } of DataType.isDictionary(type) ? [] : (type.children ?? [])) {
    addParts(parts, inner, version);
  }
}

export const isView = (type: DataType): boolean => DataType.isUtf8View(type) || DataType.isBinaryView(type);

export const isVariable = (type: DataType): boolean =>
  DataType.isUtf8(type) ||
  DataType.isLargeUtf8(type) ||
  DataType.isBinary(type) ||
  DataType.isLargeBinary(type);

function bufferCount(type: DataType, version: MetadataVersion): number {
  if (DataType.isNull(type)) {
    return 0;
  }
  if (DataType.isUnion(type)) {
    const validity = version < MetadataVersion.V5 ? 1 : 0;
    return validity + (DataType.isDenseUnion(type) ? 2 : 1);
  }
  if (DataType.isStruct(type) || DataType.isFixedSizeList(type)) {
    return 1;
  }
  return isVariable(type) ? 3 : 2;
}
