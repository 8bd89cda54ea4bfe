import { type DataType, type Field, DataType as Type } from "apache-arrow";
import { plainValue } from "../plain-value.ts";

interface Indexed {
  length: number;
  get(index: number): unknown;
}

/** A value of a vector as plain data. Throws Error for a type that has no such form. */
export function arrowValue(value: unknown, type: DataType): unknown {
  if (value === null || value === undefined) {
    return null;
  }
  if (Type.isDictionary(type)) {
    return arrowValue(value, type.dictionary);
  }
  if (Type.isStruct(type)) {
    const record = value as Record<string, unknown>;
    return Object.fromEntries(
      type.children.map((field: Field) => [field.name, arrowValue(record[field.name], field.type)]),
    );
  }
  if (Type.isMap(type)) {
    const { valueType } = type;
    const entries = value as Iterable<[unknown, unknown]>;
    return Object.fromEntries(
      Array.from(entries, ([key, inner]) => [String(key), arrowValue(inner, valueType)]),
    );
  }
  if (Type.isList(type) || Type.isLargeList(type) || Type.isFixedSizeList(type)) {
    const list = value as Indexed;
    const inner = type.children[0].type;
    return Array.from({ length: list.length }, (_, index) => arrowValue(list.get(index), inner));
  }
  if (Type.isTimestamp(type) || Type.isDate(type)) {
    return plainValue(new Date(Number(value)));
  }
  if (
    value instanceof Uint8Array &&
    (Type.isBinary(type) ||
      Type.isLargeBinary(type) ||
      Type.isBinaryView(type) ||
      Type.isFixedSizeBinary(type))
  ) {
    // A view would keep its whole record batch alive.
    return Uint8Array.from(value);
  }
  if (typeof value === "object") {
    throw new Error(`values of type ${type} are not supported`);
  }
  return plainValue(value);
}
