import { type Data, DataType, type RecordBatch, type Vector } from "apache-arrow";
import { isVariable, isView } from "./check-header.ts";

/** Values that a column may claim without a bit for each: those of nulls have none. */
const mostWithoutBits = 2 ** 20;
const viewBytes = 16;
/** A view holds shorter values itself. */
const longestInView = 12;

/**
 * Checks that the columns of a record batch hold the values that they claim, so that reading them is work in proportion to
 * their bytes. Throws Error.
 */
export function checkData({ data, numRows }: RecordBatch): void {
  const checked = new Set<Vector>();
  for (const [index, column] of data.children.entries()) {
    checkColumn(column, data.type.children[index].name, checked);
  }
  if (numRows > Math.max(mostWithoutBits, 8 * data.byteLength)) {
    throw new Error(`it claims ${numRows} rows in ${data.byteLength} bytes`);
  }
}

function checkColumn(column: Data, name: string, checked: Set<Vector>): void {
  const problem = findProblem(column);
  if (problem !== null) {
    throw new Error(`column ${name}: ${problem}`);
  }
  for (const child of column.children) {
    checkColumn(child, name, checked);
  }
  const { dictionary } = column;
  if (dictionary === undefined) {
    return;
  }
  if (!checked.has(dictionary)) {
    checked.add(dictionary);
    for (const values of dictionary.data) {
      checkColumn(values, name, checked);
    }
  }
  for (let index = 0; index < column.length; index++) {
    const place = Number(column.values[index]);
    if (!(place >= 0 && place < dictionary.length) && column.getValid(index)) {
      throw new Error(`column ${name}: a value points outside of its dictionary of ${dictionary.length}`);
    }
  }
}

function findProblem(column: Data): string | null {
  const problem = findMissingValues(column);
  const { type, length, nullBitmap } = column;
  const isMarked = !DataType.isNull(type) && !DataType.isUnion(type);
  if (problem === null && isMarked && column.nullCount > 0 && !(nullBitmap.length * 8 >= length)) {
    return `it claims ${length} values and says of ${nullBitmap.length * 8} whether they are null`;
  }
  return problem;
}

function findMissingValues(column: Data): string | null {
  const { type, length, values, valueOffsets, children, stride } = column;
  const claim = `it claims ${length} values`;
  if (DataType.isNull(type)) {
    return length > mostWithoutBits ? `${claim} without a byte` : null;
  }
  if (isVariable(type)) {
    return checkOffsets(valueOffsets, length, values.length);
  }
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isMap(type)) {
    return checkOffsets(valueOffsets, length, children[0].length);
  }
  if (isView(type)) {
    return checkViews(column);
  }
  if (DataType.isUnion(type)) {
    return checkUnion(column);
  }
  if (DataType.isStruct(type)) {
    return children.every((child) => child.length >= length) ? null : `${claim}, and its fields have fewer`;
  }
  if (!(stride >= 0)) {
    return `its values have a size of ${stride}`;
  }
  const held = DataType.isBool(type)
    ? values.length * 8
    : DataType.isFixedSizeList(type)
      ? children[0].length
      : values.length;
  return held >= length * stride ? null : `${claim}, and there is room for fewer`;
}

/** Each value begins where the one before ends. */
function checkOffsets(offsets: ArrayLike<number | bigint>, length: number, size: number): string | null {
  if (length > 0 && !(offsets.length > length)) {
    return `it claims ${length} values and has ${offsets.length} offsets`;
  }
  let last: number | bigint = 0;
  for (let index = 0; index <= length && length > 0; index++) {
    const offset = offsets[index];
    if (!(offset >= last && offset <= size)) {
      return `value ${index} begins at ${offset}, behind ${last} and in ${size}`;
    }
    last = offset;
  }
  return null;
}

function checkViews({ length, values, variadicBuffers }: Data): string | null {
  if (!(values.byteLength >= length * viewBytes)) {
    return `it claims ${length} values, and there is room for fewer`;
  }
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  for (let at = 0; at < length * viewBytes; at += viewBytes) {
    const size = view.getInt32(at, true);
    const [buffer, offset] = [view.getInt32(at + 8, true), view.getInt32(at + 12, true)];
    if (
      size < 0 ||
      (size > longestInView && !(offset >= 0 && offset + size <= variadicBuffers[buffer]?.length))
    ) {
      return `value ${at / viewBytes} claims ${size} bytes from ${offset} of buffer ${buffer}`;
    }
  }
  return null;
}

function checkUnion({ type, length, typeIds, valueOffsets, children }: Data): string | null {
  const places: Record<number, number> = DataType.isUnion(type) ? type.typeIdToChildIndex : {};
  for (let index = 0; index < length; index++) {
    const size = children[places[typeIds[index]]]?.length;
    const place = DataType.isDenseUnion(type) ? valueOffsets[index] : index;
    if (!(place >= 0 && place < size)) {
      return `value ${index} points outside of its part`;
    }
  }
  return null;
}
