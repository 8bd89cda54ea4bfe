/**
 * A value of a typed column as JSON would hold it: whole numbers of 64 bits as numbers, or as text where a number is not
 * exact, dates as ISO 8601 text, what is missing as null. Bytes stay bytes. Lists and records are changed in place: a copy of
 * every row costs more than reading it.
 */
export function plainValue(value: unknown): unknown {
  switch (typeof value) {
    case "bigint":
      return plainInteger(value);
    case "undefined":
      return null;
    case "object":
      return value === null || value instanceof Uint8Array ? value : plainObject(value);
    default:
      return value;
  }
}

function plainInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function plainObject(value: object): unknown {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      value[index] = plainValue(value[index]);
    }
    return value;
  }
  if (ArrayBuffer.isView(value)) {
    return Array.from(value as unknown as ArrayLike<unknown>, plainValue);
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? null : value.toISOString();
  }
  const record = value as Record<string, unknown>;
  for (const key of Object.keys(record)) {
    record[key] = plainValue(record[key]);
  }
  return record;
}
